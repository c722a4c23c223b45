"""Partners' own SFTP servers: what each must be like for the same contract, whoever wrote the server."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncssh
from support.leaving import a_partner
from support.mailboxes import a_key, public

from gateway.channels.sftp.pushing import PushCarrier
from gateway.clock import now
from gateway.destinations.carrying import Parcel
from gateway.destinations.contract import Absent, Delivered, Unavailable
from gateway.egress.guard import Guard
from partners.profile import Partner
from partners.sftpaccounts import Sftp, SftpServer

LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass
class Ground:
    """`folder` is what the partner sees in the folder that we push to; `push` its path there."""

    folder: Path
    push: str
    port: int
    user: str
    keys: Path
    host_key: str

    def partner(self, **given: Any) -> Partner:
        usual: dict[str, Any] = {
            "host": "127.0.0.1", "port": self.port, "user": self.user, "key": "partner.key", "push": self.push,
            "host_keys": (self.host_key,),
        }  # fmt: skip
        return a_partner(sftp=Sftp(server=SftpServer(**{**usual, **given})))

    def carrier(self, guard: Guard | None = None, seconds: float = 20) -> PushCarrier:
        return PushCarrier(guard or Guard(LOOPBACK), self.keys, seconds)

    def there(self) -> dict[str, bytes]:
        return {one.name: one.read_bytes() for one in sorted(self.folder.iterdir())}


def a_parcel(content: bytes = b"UNB+...", file_name: str = "answer.edi") -> Parcel:
    return Parcel(
        id=uuid4(), partner="nordlicht", agreement="answers", document_types=("order_response",), deliveries=("x",),
        content=content, media_type="application/EDIFACT", file_name=file_name, made_at=now(),
    )  # fmt: skip


def write_keys(folder: Path) -> Path:
    keys = folder / "keys"
    keys.mkdir()
    (keys / "partner.key").touch(0o600)
    a_key("ours").write_private_key(keys / "partner.key")
    (keys / "partner.password").write_text("a password of theirs\n")
    return keys


class TheirServer(asyncssh.SSHServer):
    """Takes our key, or our password."""

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "bergmann" and key.public_data == a_key("ours").public_data

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("bergmann", "a password of theirs")


@asynccontextmanager
async def stand_in(folder: Path, files: Callable[..., asyncssh.SFTPServer] | None = None) -> AsyncIterator[Ground]:
    """asyncssh's own server on a folder. `files` may be another SFTPServer, which misbehaves."""
    (folder / "theirs" / "incoming").mkdir(parents=True)
    make = files or asyncssh.SFTPServer
    server = await asyncssh.create_server(
        TheirServer, "127.0.0.1", 0, server_host_keys=[a_key("their host")],
        sftp_factory=lambda channel: make(channel, chroot=str(folder / "theirs")),
    )  # fmt: skip
    try:
        yield Ground(folder / "theirs" / "incoming", "/incoming", server.get_port(), "bergmann", write_keys(folder),
                     public("their host"))  # fmt: skip
    finally:
        server.close()
        await server.wait_closed()


@contextmanager
def openssh(folder: Path) -> Iterator[Ground]:
    """OpenSSH's sshd, for this one user. Raises FileNotFoundError where it is not installed."""
    program = shutil.which("sshd") or "/usr/sbin/sshd"
    if not Path(program).exists():
        raise FileNotFoundError("no sshd here: apt-get install openssh-server")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where it separates its privileges
    keys, incoming = write_keys(folder), folder / "incoming"
    incoming.mkdir()
    (folder / "host_key").touch(0o600)
    a_key("their host").write_private_key(folder / "host_key")
    (folder / "authorized_keys").write_text(public("ours") + "\n")
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = int(asked.getsockname()[1])
    user = pwd.getpwuid(os.geteuid()).pw_name
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nPasswordAuthentication no\n"
        f"PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n"
    )
    with (folder / "sshd.log").open("wb") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log)
    try:
        _wait(port, process, folder / "sshd.log")
        yield Ground(incoming, str(incoming), port, user, keys, public("their host"))
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text()
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


# ---- the contract --------------------------------------------------------------------------------------------------


async def arrives_whole_under_its_name(ground: Ground) -> None:
    parcel = a_parcel(os.urandom(300_000))
    carrier = ground.carrier()
    assert await carrier.carry(parcel, ground.partner()) == Delivered("answer.edi")
    assert ground.there() == {"answer.edi": parcel.content}


async def is_not_sent_twice(ground: Ground) -> None:
    parcel, carrier = a_parcel(), ground.carrier()
    for _ in range(2):
        assert await carrier.carry(parcel, ground.partner()) == Delivered("answer.edi")
    assert await carrier.look(parcel, ground.partner()) == Delivered("answer.edi")
    assert ground.there() == {"answer.edi": parcel.content}


async def never_overwrites(ground: Ground) -> None:
    (ground.folder / "answer.edi").write_bytes(b"another's")
    parcel = a_parcel()
    assert await ground.carrier().carry(parcel, ground.partner()) == Delivered(f"answer.edi.{parcel.id.hex}")
    assert ground.there() == {"answer.edi": b"another's", f"answer.edi.{parcel.id.hex}": parcel.content}


async def goes_on_where_it_was_cut_off(ground: Ground) -> None:
    parcel = a_parcel(os.urandom(200_000))
    temporary = ground.folder / f".{parcel.id.hex}.part"
    for begun in (parcel.content[:150_000], b"something else", parcel.content + b"more", parcel.content):
        temporary.write_bytes(begun)
        assert await ground.carrier().carry(parcel, ground.partner()) == Delivered("answer.edi")
        assert ground.there() == {"answer.edi": parcel.content}
        (ground.folder / "answer.edi").unlink()


async def is_looked_up_before_it_is_sent_again(ground: Ground) -> None:
    parcel, carrier, partner = a_parcel(), ground.carrier(), ground.partner()
    unclear = await carrier.look(parcel, partner)
    assert getattr(unclear, "code", None) == "partner.unclear"
    (ground.folder / f".{parcel.id.hex}.part").write_bytes(parcel.content)
    assert await carrier.look(parcel, partner) == Absent()
    (ground.folder / f".{parcel.id.hex}.part").rename(ground.folder / "answer.edi")
    assert await carrier.look(parcel, partner) == Delivered("answer.edi")
    (ground.folder / "answer.edi").write_bytes(b"another's")
    assert getattr(await carrier.look(parcel, partner), "code", None) == "partner.unclear"


async def is_only_told_to_the_host_key_that_was_pinned(ground: Ground) -> None:
    outcome = await ground.carrier().carry(a_parcel(), ground.partner(host_keys=(public("another"),)))
    assert outcome == Unavailable("127.0.0.1: it shows another host key than the profile names")
    assert ground.there() == {}


async def is_not_let_in_without_the_key(ground: Ground) -> None:
    outcome = await ground.carrier().carry(a_parcel(), ground.partner(user="nobody-of-this-name"))
    assert outcome == Unavailable("127.0.0.1: it does not let `nobody-of-this-name` in")


async def says_that_there_is_no_such_folder(ground: Ground) -> None:
    outcome = await ground.carrier().carry(a_parcel(), ground.partner(push=f"{ground.push}/nowhere"))
    assert isinstance(outcome, Unavailable)
    assert outcome.why.startswith("127.0.0.1: ")


CONTRACT = (
    arrives_whole_under_its_name, is_not_sent_twice, never_overwrites, goes_on_where_it_was_cut_off,
    is_looked_up_before_it_is_sent_again, is_only_told_to_the_host_key_that_was_pinned, is_not_let_in_without_the_key,
    says_that_there_is_no_such_folder,
)  # fmt: skip
