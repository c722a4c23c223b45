"""Stretches of a spooled file: how every layer of a message is looked at without being read into memory."""

from collections.abc import Iterator
from io import BufferedReader, BytesIO, RawIOBase
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from msgspec import Struct

CHUNK = 1 << 16
IN_MEMORY = 256 * 1024
"""Bytes of a layer that are kept in memory; what is larger goes to a nameless file, which cannot be left behind."""


class Window(Struct, frozen=True):
    """The bytes of `file` from `start` to `end`. Windows of one file are read by one thread, one after the other."""

    file: BinaryIO
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start

    def chunks(self) -> Iterator[bytes]:
        """All bytes in order; the file may be read elsewhere between two chunks."""
        position = self.start
        while position < self.end:
            self.file.seek(position)
            chunk = self.file.read(min(CHUNK, self.end - position))
            if not chunk:
                return
            position += len(chunk)
            yield chunk

    def read(self, most: int | None = None) -> bytes:
        """The whole of it, or its first `most` bytes."""
        self.file.seek(self.start)
        return self.file.read(self.size if most is None else min(most, self.size))

    def reader(self) -> BinaryIO:
        """A file to read from, which can be sought."""
        return BufferedReader(_WindowReader(self), CHUNK)


class _WindowReader(RawIOBase):
    def __init__(self, window: Window) -> None:
        super().__init__()
        self._window = window
        self._position = window.start

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        origin = (self._window.start, self._position, self._window.end)[whence]
        self._position = max(self._window.start, origin + offset)
        return self.tell()

    def tell(self) -> int:
        return self._position - self._window.start

    def readinto(self, into: "bytearray | memoryview") -> int:  # type: ignore[override]  # typeshed: a bare buffer
        self._window.file.seek(self._position)
        chunk = self._window.file.read(max(0, min(len(into), self._window.end - self._position)))
        into[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)


class Spools:
    """Places for the layers of one message; all are gone when it is closed, or the process ends, however it ends."""

    def __init__(self) -> None:
        self._files: list[BinaryIO] = []

    def new(self) -> BinaryIO:
        file = cast("BinaryIO", SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - closed with all others
        self._files.append(file)
        return file

    def close(self) -> None:
        for file in self._files:
            file.close()

    def __enter__(self) -> "Spools":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def whole(file: BinaryIO) -> Window:
    """Everything that was written to it."""
    return Window(file, 0, file.seek(0, 2))


def held(content: bytes) -> Window:
    """Bytes at hand, as a window."""
    return Window(BytesIO(content), 0, len(content))
