"""No damaged message or receipt is accepted; `make fuzz` tries a hundred thousand of them."""

import pytest
from support.as2_trials import As2Trial

from gateway.channels.as2.cms import signatures
from gateway.channels.as2.unwrapping import Unwrapping


@pytest.mark.parametrize("seed", range(4))
def test_no_damaged_message_is_accepted(seed: int) -> None:
    trial = As2Trial(seed)
    assert list(trial.run(1_000)) == []
    assert trial.outcomes["refused"] > 600
    assert trial.slowest < 1, "seconds of CPU for one message of a few kilobytes"


def test_a_reader_that_believes_every_signature_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = As2Trial(5)
    monkeypatch.setattr(signatures, "compare_digest", lambda *_: True)
    assert any(wrong.endswith("was accepted") for wrong in trial.run(300))


def test_a_reader_that_tells_why_an_envelope_stays_shut_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = As2Trial(6)
    monkeypatch.setattr(Unwrapping, "open", Unwrapping._open)
    assert any("one class for all" in wrong for wrong in trial.run(300))
