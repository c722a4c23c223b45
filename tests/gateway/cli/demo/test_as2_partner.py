"""The AS2 partner of the demo, facing itself: what it sends is opened and answered as any AS2 product would."""

import pytest
from support.as2_worlds import ours, theirs

from gateway.channels.as2.relation import Relation
from gateway.cli.demo.as2_partner import As2Partner, Received
from gateway.cli.demo.documents import Documents
from gateway.cli.demo.telling import NotAsTold

ANYWHERE = ("127.0.0.1", 0)


def us() -> Relation:
    return ours(send={})


def them() -> Relation:
    return theirs(send={})


def test_it_sends_and_believes_a_receipt_for_these_very_bytes() -> None:
    order = Documents.of_now().order_in_edifact()
    with As2Partner(us, ANYWHERE) as other, As2Partner(them, ANYWHERE) as partner:
        mdn = partner.send(other.url, order, "order.edi")
    assert mdn.disposition.is_positive
    assert other.received == [Received(order.content, "order.edi")]


def test_it_takes_nothing_from_a_stranger() -> None:
    order = Documents.of_now().order_in_edifact()
    with (
        As2Partner(us, ANYWHERE) as other,
        As2Partner(us, ANYWHERE) as stranger,
        pytest.raises(NotAsTold, match=r"the answer of .*: expected 200, seen 400"),
    ):
        stranger.send(other.url, order, "order.edi")
    assert other.received == []
