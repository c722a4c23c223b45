"""Samples of what a partner sends as cXML name those whom its profile names."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

import partners
from gateway.welcome.samples import sample_of
from partners.directory import load
from translators.identify import identify
from translators.reading import read

NAMES = """
cxml:
  theirs: [{domain: NetworkId, identity: AN01000004711}]
  ours: {domain: DUNS, identity: "081234567"}
agreements:
- {name: one, document: DOCUMENT, direction: in, channel: http, format: "xml:cXML/Request/REQUEST:1.2"}
"""


@pytest.mark.parametrize(
    ("document", "request_"),
    [
        ("purchase_order", "OrderRequest"),
        ("despatch_advice", "ShipNoticeRequest"),
        ("invoice", "InvoiceDetailRequest"),
    ],
)
def test_a_sample_in_cxml_is_from_their_credential_to_ours(tmp_path: Path, document: str, request_: str) -> None:
    here = Path(partners.__file__).parent
    for folder in ("profiles", "plants"):
        shutil.copytree(here / folder, tmp_path / folder)
    profile = tmp_path / "profiles" / "nordlicht.yaml"
    profile.write_text(profile.read_text() + NAMES.replace("DOCUMENT", document).replace("REQUEST", request_))
    directory = load(tmp_path)
    partner = directory.partners["nordlicht"]
    made = sample_of(directory, partner, document, partner.agreements[0], tmp_path, datetime(2026, 11, 23, tzinfo=UTC))
    interchange = read(made.content, identify(made.content[:4096], None)).interchange
    assert interchange is not None
    senders = {(interchange.sender, interchange.sender_qualifier), *interchange.also_sender}
    recipients = {(interchange.recipient, interchange.recipient_qualifier), *interchange.also_recipient}
    assert ("AN01000004711", "NetworkId") in senders
    assert ("081234567", "DUNS") in recipients
