"""The plant's inbox as a folder: one file for each delivery, complete or not there at all."""

import os
import re
from pathlib import Path

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9]{1,4}")


class NotKept(Exception):  # noqa: N818 - a refusal, not a defect
    """The delivery was not written; the sentence says why. It must not be acknowledged."""


class Inbox:
    """Files `<delivery id>.json` in `folder`, each the canonical document, byte for byte as the gateway holds it.

    A plant's system may take a file away once it has read it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def keep(self, delivery_id: str, document: bytes) -> Path:
        """Write it so that it survives a power cut; returns its file, the same one for a repeated delivery.

        A name that ends in `.json` is always a whole document: it is written under another name, flushed, then renamed,
        and the folder is flushed too. Raises NotKept, and OSError when the disk says no.
        """
        if _ID.fullmatch(delivery_id) is None:  # it becomes a file name, and it came over the network
            raise NotKept(f"`{delivery_id[:60]}` is not the id of a delivery")
        file = self.folder / f"{delivery_id}.json"
        if file.exists():
            if file.read_bytes() != document:
                raise NotKept(f"{file} holds another document already")
            self._flush_folder()  # it may stem from a run that was cut off between the rename and this
            return file
        part = self.folder / f".{delivery_id}.part"
        with part.open("wb") as opened:
            opened.write(document)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(file)
        self._flush_folder()
        return file

    def _flush_folder(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
