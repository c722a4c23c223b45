"""The keys our server shows."""

from pathlib import Path

import asyncssh
import pytest

from gateway.channels.sftp.hostkeys import BadHostKeys, load_host_keys


def test_in_development_they_are_made_once(tmp_path: Path) -> None:
    first = load_host_keys(tmp_path / "keys", create=True)
    again = load_host_keys(tmp_path / "keys", create=True)
    assert [key.get_algorithm() for key in first] == ["ssh-ed25519", "ssh-rsa"]
    assert [key.get_fingerprint() for key in first] == [key.get_fingerprint() for key in again]
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "keys").iterdir()} == {0o600}


def test_in_production_somebody_makes_them(tmp_path: Path) -> None:
    with pytest.raises(BadHostKeys) as refused:
        load_host_keys(tmp_path, create=False)
    assert str(refused.value) == (
        f"{tmp_path}: there is no host key; make one: ssh-keygen -t ed25519 -N '' -f {tmp_path}/ssh_host_ed25519_key"
    )


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    (file := tmp_path / "ssh_host_ed25519_key").write_text("no key")
    file.chmod(0o600)
    with pytest.raises(BadHostKeys, match=f"^{file}: "):
        load_host_keys(tmp_path, create=False)


def test_several_of_a_kind_are_how_a_key_is_changed(tmp_path: Path) -> None:
    for name in ("ssh_host_ed25519_key", "ssh_host_ed25519_2027_key"):
        (file := tmp_path / name).touch(0o600)
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(file)
    assert len(load_host_keys(tmp_path, create=False)) == 2
