"""Uploads on disk until they are messages: one folder for each account, files named by our ids.

The folder is opened once and everything goes through that descriptor, never following a link; what the partner calls a
file is only ever compared. What an upload is called is written beside it when it is left lying there, so that a partner
who comes back, also after a restart of ours, finds it and goes on.
"""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from time import time
from uuid import uuid4

import msgspec
from msgspec import Struct

_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC
_LABEL = ".label"
_NEW_LABEL = ".newlabel"


class SpoolRefuses(Exception):  # noqa: N818 - a refusal, not a defect
    """One sentence for the partner. `full`: it is about space."""

    def __init__(self, text: str, *, full: bool = False) -> None:
        super().__init__(text)
        self.full = full


class Room(Struct, frozen=True):
    """What an account may have lying here: bytes and files of all its uploads, and bytes of one."""

    total: int
    files: int
    one: int


class _Label(Struct, forbid_unknown_fields=True):
    name: str
    size: int


class Upload:
    """One upload. `lacks` says why it is not a message yet, once its handle was closed."""

    def __init__(self, spool: "Spool", id: str, name: str, size: int, changed_at: float) -> None:  # noqa: A002
        self.id = id
        self.name = name
        self.size = size
        self.changed_at = changed_at
        self.lacks: str | None = None
        self.is_open = False
        """A handle of a partner writes to it."""
        self.is_submitted = False
        """It is on its way into the ledger: nobody else may touch it."""
        self._spool = spool
        self._descriptor: int | None = None

    def open(self, *, new: bool = False) -> None:
        flags = os.O_RDWR | _FLAGS | (os.O_CREAT | os.O_EXCL if new else 0)
        self._descriptor = os.open(self.id, flags, 0o600, dir_fd=self._spool.descriptor)
        self.is_open = True

    def write(self, offset: int, data: bytes) -> None:
        """Into the page cache, at once. Raises SpoolRefuses, or OSError when the disk does."""
        assert self._descriptor is not None
        if offset > self.size:
            raise SpoolRefuses("an upload has no holes: write on where it ends, or begin anew")
        end = offset + len(data)
        self._spool.check_room(self, max(end, self.size))
        written = 0
        while written < len(data):
            written += os.pwrite(self._descriptor, memoryview(data)[written:], offset + written)
            self._now_has(max(self.size, offset + written))
        self.changed_at = time()

    def truncate(self, size: int) -> None:
        if size > self.size:
            raise SpoolRefuses("an upload has no holes: it can be made shorter only")
        self._with_descriptor(lambda descriptor: os.ftruncate(descriptor, size))
        self._now_has(size)
        self.changed_at = time()

    def _now_has(self, size: int) -> None:
        self._spool.total += size - self.size
        self.size = size

    def read(self, offset: int, count: int) -> bytes:
        assert self._descriptor is not None
        return os.pread(self._descriptor, count, offset)

    def content(self) -> bytes:
        """All of it, as many bytes as were counted while they came."""
        parts: list[bytes] = []

        def read(descriptor: int) -> None:
            at = 0
            while at < self.size and (part := os.pread(descriptor, min(self.size - at, 1 << 20), at)):
                parts.append(part)
                at += len(part)

        self._with_descriptor(read)
        whole = b"".join(parts)
        if len(whole) != self.size:
            raise OSError(f"an upload has {len(whole)} bytes where {self.size} were written")
        return whole

    def sync(self) -> None:
        self._with_descriptor(os.fsync)

    def leave(self, lacks: str | None) -> None:
        """Its handle is closed and it stays: from now on it is found again after a restart, as whole as it is."""
        self.lacks = lacks
        try:
            self.sync()
            self._spool.write_label(self, self.name)
        finally:  # a disk that is full does not keep it open: its partner begins it anew, or removes it
            self.shut()

    def shut(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor, self.is_open = None, False

    def _with_descriptor(self, do: Callable[[int], None]) -> None:
        if self._descriptor is not None:
            do(self._descriptor)
            return
        descriptor = os.open(self.id, os.O_RDWR | _FLAGS, dir_fd=self._spool.descriptor)
        try:
            do(descriptor)
        finally:
            os.close(descriptor)


class Spool:
    """The uploads of one account. Not for several processes: the folder is locked."""

    def __init__(self, folder: Path, room: Room) -> None:
        """Raises SpoolRefuses when another process has it."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _FLAGS)
        self.room = room
        self.total = 0
        """Bytes of all uploads; counted as they come, since every write asks for it."""
        self._all: dict[str, Upload] = {}
        self._named: dict[str, Upload] = {}
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self.descriptor)
            raise SpoolRefuses("another process keeps its uploads in the same folder") from None
        self._find_left()

    def __iter__(self) -> Iterator[Upload]:
        """What the partner sees in /in."""
        return iter(sorted(self._named.values(), key=lambda upload: upload.name))

    def find(self, name: str) -> Upload | None:
        return self._named.get(name)

    def begin(self, name: str) -> Upload:
        """A new upload, whatever was called so before. Raises SpoolRefuses."""
        earlier = self._named.get(name)
        if earlier is not None and not earlier.is_open and not earlier.is_submitted:
            self.discard(earlier)
        if len(self._all) >= self.room.files:
            raise SpoolRefuses(f"{self.room.files} uploads lie here already; no more fit", full=True)
        upload = Upload(self, uuid4().hex, name, 0, time())
        upload.open(new=True)
        self._all[upload.id] = upload
        self._named[name] = upload
        return upload

    def rename(self, upload: Upload, name: str) -> None:
        """Only what it is called; what had the name is gone unless it is under way. A label that cannot be written
        leaves everything as it was."""
        self.write_label(upload, name)
        earlier = self._named.get(name)
        if earlier is not None and earlier is not upload and not earlier.is_open and not earlier.is_submitted:
            self.discard(earlier)
        if self._named.get(upload.name) is upload:
            del self._named[upload.name]
        upload.name = name
        self._named[name] = upload

    def discard(self, upload: Upload) -> None:
        upload.shut()
        if self._all.pop(upload.id, None) is not None:
            self.total -= upload.size
        if self._named.get(upload.name) is upload:
            del self._named[upload.name]
        for name in (upload.id, upload.id + _LABEL, upload.id + _NEW_LABEL):
            try:
                os.unlink(name, dir_fd=self.descriptor)
            except FileNotFoundError:
                continue

    def check_room(self, upload: Upload, size: int) -> None:
        if size > self.room.one:
            raise SpoolRefuses(f"a file has at most {self.room.one} bytes here")
        if self.total - upload.size + size > self.room.total:
            raise SpoolRefuses(f"uploads have at most {self.room.total} bytes together", full=True)

    def write_label(self, upload: Upload, name: str) -> None:
        """Whole, or the one before stays."""
        content = msgspec.json.encode(_Label(name, upload.size))
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _FLAGS
        label, new = upload.id + _LABEL, upload.id + _NEW_LABEL
        descriptor = os.open(new, flags, 0o600, dir_fd=self.descriptor)
        try:
            if os.write(descriptor, content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)
        os.rename(new, label, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def close(self) -> None:
        for upload in self._all.values():
            upload.shut()
        os.close(self.descriptor)

    def _find_left(self) -> None:
        """What was left with a label is here again; what has none was under way when the process ended, and goes."""
        names = set(os.listdir(self.descriptor))  # noqa: PTH208 - through the descriptor
        for name in sorted(names):
            if name.endswith((_LABEL, _NEW_LABEL)):
                continue
            label = self._read_label(name) if name + _LABEL in names else None
            found = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
            upload = Upload(self, name, label.name if label else "", found.st_size, found.st_mtime)
            if label is None or label.size != found.st_size:
                self.discard(upload)
                continue
            upload.lacks = "it lay here when we restarted"
            self._all[name] = self._named[label.name] = upload
            self.total += upload.size

    def _read_label(self, name: str) -> _Label | None:
        try:
            descriptor = os.open(name + _LABEL, os.O_RDONLY | _FLAGS, dir_fd=self.descriptor)
            with os.fdopen(descriptor, "rb") as file:
                return msgspec.json.decode(file.read(8192), type=_Label)
        except (OSError, msgspec.DecodeError):
            return None
