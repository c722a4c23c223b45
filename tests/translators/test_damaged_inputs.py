"""Damaged inputs raise nothing but what is documented; `make fuzz` tries a hundred thousand of them."""

import pytest
from support.trials import Trial


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_input_raises_nothing_but_what_is_documented(seed: int) -> None:
    trial = Trial(seed)
    assert [raised for _, raised in trial.run(500)] == []
    assert trial.outcomes["read"] > 50
    assert trial.outcomes["refused"] > 50
