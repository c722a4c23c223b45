"""The keys our server shows: `ssh_host_<kind>_key` in a folder, as OpenSSH writes them."""

import stat
from pathlib import Path

import asyncssh

KINDS = {"ed25519": "ssh-ed25519", "rsa": "ssh-rsa"}
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class BadHostKeys(Exception):  # noqa: N818 - a refusal, not a defect
    """The sentence begins with the folder or the file."""


def load_host_keys(folder: Path, *, create: bool) -> list[asyncssh.SSHKey]:
    """Every `ssh_host_*_key`, the one for Ed25519 first. `create`: makes what is missing, in development only.

    Several of a kind are how a host key is changed: all are announced to clients that ask (`hostkeys-00@openssh.com`).
    """
    if create:
        _create(folder)
    files = sorted(folder.glob("ssh_host_*_key"), key=lambda file: ("ed25519" not in file.name, file.name))
    if not files:
        raise BadHostKeys(
            f"{folder}: there is no host key; make one: ssh-keygen -t ed25519 -N '' -f {folder}/ssh_host_ed25519_key"
        )
    return [_load(file) for file in files]


def _load(file: Path) -> asyncssh.SSHKey:
    if file.stat().st_mode & _OPEN_TO_OTHERS and file.stat().st_uid != 0:
        raise BadHostKeys(f"{file}: others can read it; chmod 600")
    try:
        return asyncssh.read_private_key(file)
    except (asyncssh.KeyImportError, OSError) as error:
        raise BadHostKeys(f"{file}: {error}") from None


def _generate(kind: str, algorithm: str) -> asyncssh.SSHKey:
    return asyncssh.generate_private_key(algorithm, key_size=3072) if kind == "rsa" else \
        asyncssh.generate_private_key(algorithm)  # fmt: skip


def _create(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for kind, algorithm in KINDS.items():
        file = folder / f"ssh_host_{kind}_key"
        if not file.exists():
            key = _generate(kind, algorithm)
            file.touch(mode=0o600)
            key.write_private_key(file)
