"""Settings of a house with an AS2 partner, and the partner itself, listening."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.cli.demo.as2_partner import As2Partner
from gateway.cli.demo.partner_files import PartnerFiles
from gateway.settings import Settings

Edit = Callable[[str, str, str], None]


@pytest.fixture
def files(tmp_path: Path) -> PartnerFiles:
    return PartnerFiles(tmp_path / "partners", tmp_path / "keys", tmp_path / "theirs")


@pytest.fixture
def werra(files: PartnerFiles) -> Iterator[As2Partner]:
    """Its certificate is in its profile, and its address."""
    files.write("http://127.0.0.1:1/as2")
    with As2Partner(files.werra(), ("127.0.0.1", 0)) as partner:
        files.write(partner.url)
        yield partner


@pytest.fixture
def settings(files: PartnerFiles, tmp_path: Path) -> Settings:
    if not files.folder.exists():
        files.write("http://127.0.0.1:1/as2")
    return Settings(partners=files.folder, partner_keys=files.ours, state=tmp_path / "state",
                    sftp_host_keys=tmp_path / "host-keys", public_url="http://127.0.0.1:1")  # fmt: skip


@pytest.fixture
def edit(files: PartnerFiles) -> Edit:
    """Change a profile."""

    def editing(partner: str, was: str, becomes: str) -> None:
        path = files.folder / "profiles" / f"{partner}.yaml"
        assert was in path.read_text()
        path.write_text(path.read_text().replace(was, becomes))

    return editing
