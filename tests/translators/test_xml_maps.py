"""The XML maps against their samples: complete in both directions, and exact about what is wrong.

A broken message in tests/broken/translators says at its end what is expected, `<!-- expect: LINE:COLUMN: TEXT -->` for
each error.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

from translators.canonical.documents import decode, encode
from translators.differences import differences
from translators.findings import Unreadable
from translators.identify import identify
from translators.mapping.catalogue import Entry, entries
from translators.reading import read
from translators.writing import written
from translators.xmldoc.translating import xml_map

TESTS = Path(__file__).parents[1]
BROKEN = sorted((TESTS / "broken" / "translators").glob("*.xml"))
MAPS = [entry for entry in entries() if entry.format == "xml"]
READ_ONLY = {entry.name for entry in MAPS if entry.reads_only}
SAMPLES = [
    pytest.param(entry, name, id=name)
    for entry in MAPS
    for name in xml_map(entry.path).spec.samples
    if entry.name not in READ_ONLY
]
EXPECTED = re.compile(r"<!-- expect: (\d+:\d+: .*?) -->")


@pytest.mark.parametrize("entry", MAPS, ids=lambda entry: entry.name)
def test_every_xml_map_compiles_in_both_directions(entry: Entry) -> None:
    xml_map(entry.path).check_writer()


@pytest.mark.parametrize(("entry", "name"), SAMPLES)
def test_what_is_read_is_written_and_read_again_as_the_same(entry: Entry, name: str) -> None:
    content = (TESTS / "samples" / f"{name}.in.xml").read_bytes()
    reading = read(content, identify(content[:4096], None))
    compiled = xml_map(entry.path)
    done = written(reading.documents[0].object, "the map's own", using=compiled)
    assert [(finding.text, finding.place) for finding in done.findings] == []
    again = read(done.content, identify(done.content[:4096], None))
    assert [finding.text for finding in again.findings] == []
    assert again.documents[0].business_key == reading.documents[0].business_key


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_message_is_told_with_line_and_column(path: Path) -> None:
    content = path.read_bytes()
    with pytest.raises(Unreadable) as refused:
        read(content, identify(content[:4096], None))
    told = [f"{each.place.line}:{each.place.column}: {each.text}" for each in refused.value.findings]
    assert told == EXPECTED.findall(content.decode())


def test_there_are_broken_messages_to_try() -> None:
    assert len(BROKEN) >= 3


def test_the_shared_secret_of_a_cxml_header_goes_no_further() -> None:
    content = (TESTS / "samples" / "order-request-cxml.in.xml").read_bytes()
    assert b"<SharedSecret>invented</SharedSecret>" in content
    reading = read(content, identify(content[:4096], None))
    assert b"invented" not in reading.documents[0].body
    assert not any("invented" in str(finding) for finding in reading.findings)


def test_cxml_without_a_map_is_refused_at_the_door() -> None:
    content = b'<cXML payloadID="1"><Header/><Request><PunchOutSetupRequest/></Request></cXML>'
    with pytest.raises(Unreadable, match=r"`cXML/Request/PunchOutSetupRequest` is not read"):
        identify(content, None)


@pytest.mark.parametrize(
    ("sample", "element", "field", "value"),
    [
        ("invoice-ubl21", "InvoiceTypeCode", "type", "380"),
        ("invoice-ubl21", "DocumentCurrencyCode", "currency", "EUR"),
        ("credit-note-ubl21", "CreditNoteTypeCode", "type", "381"),
        ("order-response-ubl21", "OrderResponseCode", "status", "accepted_with_changes"),
    ],
)
def test_what_ubl_lets_a_sender_leave_out_is_understood(sample: str, element: str, field: str, value: str) -> None:
    content = (TESTS / "samples" / f"{sample}.in.xml").read_text()
    shorter = re.sub(rf"<cbc:{element}\b[^>]*>[^<]*</cbc:{element}>", "", content, count=1).encode()
    assert len(shorter) < len(content.encode())
    (document,) = read(shorter, identify(shorter[:4096], None)).documents
    assert getattr(document.object, field) == value


def test_an_empty_number_of_a_company_says_nothing() -> None:
    content = (TESTS / "samples" / "invoice-ubl21.in.xml").read_bytes()
    empty = b'<cac:PartyLegalEntity><cbc:RegistrationName>Leer</cbc:RegistrationName><cbc:CompanyID schemeID="0106"/>'
    changed = re.sub(rb"<cac:PartyLegalEntity>.*?(?=</cac:PartyLegalEntity>)", empty, content, count=1, flags=re.DOTALL)
    assert changed != content
    reading = read(changed, identify(changed[:4096], None))
    assert reading.documents[0].object.seller.name == "Leer"


def test_who_is_named_by_address_and_register_alone_is_known_by_them() -> None:
    """As in the orders of Peppol: no PartyName, no PartyIdentification."""
    content = (TESTS / "samples" / "order-peppol-ubl21.in.xml").read_bytes()
    bare = re.sub(rb"<cac:PartyIdentification>.*?</cac:PartyIdentification>", b"", content)
    seller = read(bare, identify(bare[:4096], None)).documents[0].object.seller
    assert [(each.scheme, each.value, each.agency) for each in seller.identifiers] == [
        ("eas", "987654325", "0192"),
        ("other", "HRB 4711", "register"),
    ]
    assert seller.name == "Bergmann Antriebe GmbH"


B2MML = {
    "material-definition": "SyncMaterialDefinition:V0701",
    "material-definition-v0401": "SyncMaterialDefinition:V0401",
    "operations-schedule": "SyncOperationsSchedule:V0701",
    "production-schedule-v0401": "SyncProductionSchedule:V0401",
}


@pytest.mark.parametrize("name", B2MML)
def test_b2mml_says_when_it_was_made(name: str) -> None:
    """Its schemas want an application area with that moment and nothing else in it."""
    document = decode((TESTS / "samples" / f"{name}-b2mml.out.json").read_bytes())
    moment = datetime(2026, 11, 23, 13, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    content = written(document, f"xml:{B2MML[name]}", prepared=moment).content
    area = b"".join(re.findall(rb"<(?:b:)?ApplicationArea>.*?</(?:b:)?ApplicationArea>", content, re.DOTALL))
    assert re.findall(rb">([^<\s][^<]*)<", area) == [b"2026-11-23T12:00:05Z"]
    again = read(content, identify(content[:4096], None)).documents[0]
    assert list(differences(msgspec.json.decode(encode(document)), msgspec.json.decode(again.body))) == []


def test_a_performance_says_the_moment_it_speaks_of() -> None:
    document = decode((TESTS / "samples" / "operations-performance-b2mml.out.json").read_bytes())
    target = "xml:SyncOperationsPerformance:V0701"
    said = written(document, target).content
    assert b"CreationDateTime>" in said
    assert written(document, target, prepared=datetime(2020, 1, 1, tzinfo=UTC)).content == said


def test_the_carrier_of_a_despatch_advice_may_stand_in_its_consignment() -> None:
    """As in Peppol's Despatch Advice."""
    content = (TESTS / "samples" / "despatch-advice-ubl21.in.xml").read_bytes()
    carrier = (
        b"<cac:CarrierParty><cac:PartyName><cbc:Name>Werra Spedition</cbc:Name></cac:PartyName></cac:CarrierParty>"
    )
    consignment = b"<cac:Consignment><cbc:ID>1</cbc:ID>" + carrier + b"</cac:Consignment>"
    stated = content.replace(b"<cac:ShipmentStage>", consignment + b"<cac:ShipmentStage>", 1)
    reading = read(stated, identify(stated[:4096], None))
    assert reading.documents[0].object.carrier.name == "Werra Spedition"


@pytest.mark.parametrize(
    "profile", ["urn:fdc:peppol.eu:poacc:bis:order_agreement:3", "urn:www.cenbii.eu:profile:bii42:ver1.0"]
)
def test_a_peppol_order_agreement_answers_no_order(profile: str) -> None:
    """Peppol BIS Order agreement: what was agreed by phone or in a shop; its OrderReference is an earlier agreement."""
    content = (TESTS / "samples" / "order-response-ubl21.in.xml").read_bytes()
    ordering = b"<cbc:ProfileID>urn:fdc:peppol.eu:poacc:bis:ordering:3</cbc:ProfileID>"
    assert ordering in content
    agreement = content.replace(ordering, f"<cbc:ProfileID>{profile}</cbc:ProfileID>".encode())
    with pytest.raises(Unreadable) as refused:
        read(agreement, identify(agreement[:4096], None))
    (finding,) = refused.value.findings
    assert finding.text == (
        f"`{profile[:40]}` is not taken here: an order agreement reports a purchase made outside of the order process"
        " and answers no order"
    )
