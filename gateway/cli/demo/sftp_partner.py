"""A partner that drops files over SFTP, played by the demo with a client library of its own."""

import asyncio
from types import TracebackType
from typing import Any, Self

import asyncssh

from gateway.cli.demo.house import House


class SftpPartner:
    """Logs in with the key of its profile, and trusts the host key it was told. One connection, used by one thread."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        self._loop.run_until_complete(self._connect())
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._connection.close()
        self._loop.run_until_complete(self._connection.wait_closed())
        self._loop.close()

    def drop(self, name: str, content: bytes) -> None:
        """Returns once the server has answered the close. Raises asyncssh.SFTPError when it was not taken."""
        self._loop.run_until_complete(self._write(f"/in/{name}", content))

    def fetch(self, folder: str) -> list[tuple[str, bytes]]:
        """Names and contents of what lies there, read whole, which is the delivery of what we send; then removed."""
        return self._loop.run_until_complete(self._take(folder))

    async def _connect(self) -> None:
        host, port = self._house.sftp
        key = str(self._house.partners.ssh_key_file)
        self._connection = await asyncssh.connect(
            host, port, username="tannhaus", client_keys=[key], known_hosts=self._known_hosts(), config=None,
            agent_path=None,
        )  # fmt: skip
        self._client = await self._connection.start_sftp_client()

    def _known_hosts(self) -> tuple[list[asyncssh.SSHKey], list[asyncssh.SSHKey], list[asyncssh.SSHKey]]:
        files = (self._house.folder / "sftp-host-keys").glob("ssh_host_*_key")
        keys = [asyncssh.read_private_key(file) for file in files]
        return [key.convert_to_public() for key in keys], [], []

    async def _write(self, path: str, content: bytes) -> None:
        async with self._client.open(path, "wb") as file:
            await file.write(content)

    async def _take(self, folder: str) -> list[tuple[str, bytes]]:
        found = []
        for name in sorted(str(one) for one in await self._client.listdir(f"/{folder}")):
            if name in (".", ".."):
                continue
            path = f"/{folder}/{name}"
            async with self._client.open(path, "rb") as file:
                content: Any = await file.read()  # bytes in this mode; the package's types say text
            found.append((name, content))
            await self._client.remove(path)
        return found
