"""A world with one partner that gets order responses over AS2."""

from pathlib import Path

import pytest
from support.leaving import World, a_partner, an_agreement

from gateway.ledger.ledger import Ledger
from policies.masking import Masking


@pytest.fixture
def masking(repository: Path) -> Masking:
    from policies.loading import load  # noqa: PLC0415 - only who masks needs the rules

    return load(repository / "policies" / "rules").masking


@pytest.fixture
def world(ledger: Ledger, masking: Masking) -> World:
    return World(ledger, masking, a_partner(an_agreement()))
