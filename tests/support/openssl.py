"""OpenSSL's command line, a peer that is not ours."""

import subprocess
from pathlib import Path

from support.as2_keys import Holder


def openssl(folder: Path, *arguments: str, exit_status: int = 0) -> bytes:
    """Run in `folder`; what it prints."""
    ran = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, timeout=60, check=False)
    assert ran.returncode == exit_status, ran.stderr.decode()
    return ran.stdout


def write_holder(folder: Path, holder: Holder) -> None:
    """`certificate.pem` and `key.pem`."""
    (folder / "certificate.pem").write_bytes(holder.pem)
    (folder / "key.pem").write_bytes(holder.key_pem)
