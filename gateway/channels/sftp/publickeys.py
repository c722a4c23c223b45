"""The public halves of SSH keys as partners are given them: lines of `known_hosts` and `authorized_keys`, fingerprints.

Where a `.pub` file lies beside a private key, it alone is read.
"""

from pathlib import Path

import asyncssh

from gateway.channels.sftp.hostkeys import BadHostKeys


def host_keys(folder: Path) -> list[asyncssh.SSHKey]:
    """The public half of every `ssh_host_*_key`, the one for Ed25519 first. Raises BadHostKeys."""
    names = sorted({file.name.removesuffix(".pub") for file in folder.glob("ssh_host_*_key*")})
    files = [folder / name for name in names if name.endswith("_key")]
    if not files:
        raise BadHostKeys(f"{folder}: there is no host key; a `.pub` file of one is enough here")
    return sorted((public_half(file) for file in files), key=lambda key: key.get_algorithm() != "ssh-ed25519")


def public_half(file: Path) -> asyncssh.SSHKey:
    """Raises BadHostKeys."""
    beside = file.with_name(f"{file.name}.pub")
    try:
        if beside.exists():
            return asyncssh.read_public_key(beside)
        return asyncssh.read_private_key(file).convert_to_public()
    except OSError as error:
        raise BadHostKeys(f"{file}: cannot be read: {(error.strerror or 'no reason is known').lower()}") from None
    except asyncssh.KeyImportError as error:
        raise BadHostKeys(f"{file}: {str(error).lower()}") from None


def line_of(key: asyncssh.SSHKey) -> str:
    """`ssh-ed25519 AAAA…`, without a comment."""
    kind, content = key.export_public_key().decode().split(" ")[:2]
    return f"{kind} {content.strip()}"


def known_host(host: str, port: int, key: asyncssh.SSHKey) -> str:
    """The line for a client's `known_hosts`."""
    return f"{host if port == 22 else f'[{host}]:{port}'} {line_of(key)}"


def fingerprint(line: str) -> str:
    """`SHA256:…` of a line of `authorized_keys`, as `ssh-keygen -l` shows it."""
    return asyncssh.import_public_key(line).get_fingerprint("sha256")
