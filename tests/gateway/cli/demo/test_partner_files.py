"""The partners' folder of the demo is one that the gateway takes, and its keys are made once."""

from pathlib import Path

from gateway.cli.demo.partner_files import PartnerFiles
from partners.directory import load
from partners.ownkeys import OwnKeys

URL = "http://127.0.0.1:4080/as2"


def made(tmp_path: Path) -> PartnerFiles:
    files = PartnerFiles(tmp_path / "partners", tmp_path / "partner-keys", tmp_path / "theirs")
    files.write(URL)
    return files


def test_the_gateway_takes_it_and_finds_both_by_their_channels(tmp_path: Path) -> None:
    files = made(tmp_path)
    directory = load(files.folder)
    werra, tannhaus = directory.by_as2("WERRA-EDI", "BERGMANN"), directory.by_account("tannhaus")
    assert werra is not None
    assert tannhaus is not None
    assert (werra.id, tannhaus.id) == ("werra", "tannhaus")
    assert werra.as2 is not None
    assert werra.as2.send is not None
    assert werra.as2.send.url == URL
    relation = files.werra()()
    ours = OwnKeys(files.ours).current(werra.as2, "sign", relation.at)
    assert ours is not None
    assert relation.pinned == (ours.certificate,)
    assert relation.signer is not None
    assert directory.timeline("werra").current("encrypt", relation.at) == relation.signer.certificate


def test_keys_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    def keys() -> dict[str, bytes]:
        folders = (tmp_path / "partner-keys", tmp_path / "theirs")
        return {file.name: file.read_bytes() for folder in folders for file in sorted(folder.iterdir())}

    made(tmp_path)
    before = keys()
    made(tmp_path)
    assert keys() == before
    secret = [file for file in (tmp_path / "theirs").iterdir() if file.suffix in (".key", ".ssh")]
    assert {file.stat().st_mode & 0o777 for file in secret} == {0o600}
