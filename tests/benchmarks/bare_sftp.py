"""What `sftp_drop.py` compares with: asyncssh's own server; a close is answered when the file is on disk."""

import asyncio
import os
import sys
from typing import Any

import asyncssh


class Bare(asyncssh.SFTPServer):
    def __init__(self, channel: Any) -> None:
        super().__init__(channel, chroot=sys.argv[2])

    def close(self, file_obj: Any) -> None:
        file_obj.flush()
        os.fsync(file_obj.fileno())
        file_obj.close()


class Anybody(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return False


async def main() -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    await asyncssh.create_server(
        Anybody, "127.0.0.1", int(sys.argv[1]), server_host_keys=[key], sftp_factory=Bare, encoding=None,
        compression_algs=["none"],
    )  # fmt: skip
    await asyncio.Event().wait()


asyncio.run(main())
