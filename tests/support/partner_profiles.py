"""A partner with everything a profile can hold, for commands that read profiles."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from support.certificates import certificate, key, pem, write_mixture, write_pair

import partners

WHOLE = """\
id: acme
name: Acme Teile AG
kind: supplier
state: active
plan: standard
binding: none
clients: [acme-orders]
as2:
  theirs: ACME
  ours: HOUSE
  keys:
  - {use: [sign, decrypt], name: house-2026, until: 2027-06-01}
  - {use: [sign, decrypt], name: house-2027, from: 2027-05-01}
  send: {url: https://as2.acme.example/in}
sftp:
  mailbox:
    account: acme
    keys:
    - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC old
edifact:
  theirs: [{id: "4098765000010", qualifier: "14"}]
  ours: {id: HOUSE, qualifier: ZZ}
identifiers: {gln: ["4098765000010"]}
certificates:
- {use: [verify, encrypt], file: acme-2026.pem}
- {use: [verify], file: acme-2027.pem}
- {use: [encrypt], file: acme-2027.pem, from: 2027-05-15}
agreements:
- name: orders
  document: purchase_order
  direction: out
  channel: as2
  format: edifact:ORDERS:D.96A
  acknowledgements: [{kind: mdn, within: 1h}]
- name: shipments
  document: despatch_advice
  direction: in
  channel: as2
  from: 2027-01-01
contacts:
- {email: edi@acme.example, about: technical}
"""


def whole_house(root: Path) -> Path:
    """The shipped profiles and `acme`; our keys towards it are in `root/keys`. Returns the folder of profiles."""
    folder = root / "partners"
    here = Path(partners.__file__).parent
    for name in ("profiles", "plants"):
        shutil.copytree(here / name, folder / name)
    write_mixture(folder / "certificates")
    old = certificate("acme", of=key(2048, "acme"), ends=datetime(2027, 6, 1, tzinfo=UTC))
    new = certificate("acme", of=key(2048, "acme"), begins=datetime(2027, 5, 1, tzinfo=UTC))
    (folder / "certificates" / "acme-2026.pem").write_bytes(pem(old))
    (folder / "certificates" / "acme-2027.pem").write_bytes(pem(new))
    (folder / "profiles" / "acme.yaml").write_text(WHOLE)
    for name in ("house-2026", "house-2027"):
        write_pair(root / "keys", name)
    return folder
