"""Reports of carriers (IFTSTA) as they are sent."""

from pathlib import Path

import pytest
from support.changed_samples import edifact_as_sent

from translators.canonical.transport_status import TransportStatus
from translators.reading import Unreadable

SAMPLES = Path(__file__).parents[1] / "samples"
TRUCK = b"TDT+20++30+++++:::WAK-BA 204'\n"


def as_sent(*replaced: tuple[bytes, bytes]) -> TransportStatus:
    """The sample with what is replaced in it."""
    (document,) = edifact_as_sent("transport-status-two-events-d96a", *replaced).documents
    assert isinstance(document.object, TransportStatus)
    return document.object


def test_eancom_reports_the_state_of_a_consignment_as_44() -> None:
    assert as_sent((b"BGM+23+", b"BGM+44+"), (b"D:96A:UN'", b"D:96A:UN:EAN004'")) == as_sent()
    with pytest.raises(Unreadable, match=r"only a status report \(23, EANCOM 44\) is taken"):
        as_sent((b"BGM+23+", b"BGM+340+"))


@pytest.mark.parametrize("role", [b"FW", b"CA"])
def test_a_forwarder_or_carrier_reports_where_nobody_else_does(role: bytes) -> None:
    assert as_sent((b"NAD+MS+", b"NAD+" + role + b"+")).reporter == as_sent().reporter


def test_a_forwarder_beside_the_sender_of_the_message_does_not_report() -> None:
    both = as_sent((b"NAD+MR+", b"NAD+FW+4012345000023::9'\nNAD+MR+"))
    assert both.reporter == as_sent().reporter


@pytest.mark.parametrize("when", [b"334", b"7"])
def test_an_event_happened_at_a_moment(when: bytes) -> None:
    occurred = as_sent((b"DTM+334:", b"DTM+" + when + b":")).lines[0].occurred
    assert occurred is not None
    assert str(occurred.on) == "2026-11-24"


def test_an_event_names_the_packages_and_the_container() -> None:
    packages = b"GID+1+1:CT'\nPCI+17'\nGIN+BJ+340123450000000017'\n"
    packages += b"GID+2+2:CT'\nPCI+17'\nGIN+BJ+340123450000000024+340123450000000031'\n"
    event = as_sent((TRUCK, b"EQD+CN+MSKU1234565'\n" + packages)).lines[0]
    assert [(each.scheme, each.value) for each in event.shipment] == [
        ("sscc", "340123450000000017"),
        ("sscc", "340123450000000024"),
        ("sscc", "340123450000000031"),
    ]
    assert event.transport is not None
    assert event.transport.equipment_id == "MSKU1234565"
