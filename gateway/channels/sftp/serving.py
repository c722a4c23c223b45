"""The mailbox as a client of SFTP sees it: four folders, files in them, and nothing else."""

from collections.abc import AsyncIterator, Callable
from typing import cast

import asyncssh
from asyncssh import SFTPAttrs, SFTPName
from asyncssh.constants import FXF_APPEND, FXF_CREAT, FXF_EXCL, FXF_READ, FXF_TRUNC, FXF_WRITE
from msgspec import Struct

from gateway.channels.sftp.attributes import FOLDER, attributes, of_file, of_upload, refuse_rights
from gateway.channels.sftp.mailbox import Mailbox
from gateway.channels.sftp.names import FOLDERS, ROOT, Spot, is_temporary, spot
from gateway.channels.sftp.spool import Upload
from gateway.channels.sftp.wording import in_words, say
from gateway.ledger.mailbox import LaidFolder, MailboxFile
from gateway.submissions import Credential

_REFUSED_BEFORE = "a write was refused before: the file is not complete and is no message"
_WRITES = FXF_WRITE | FXF_APPEND | FXF_CREAT | FXF_TRUNC


class _Writing(Struct, eq=False):
    """A handle on an upload. `failed`: a write was refused, so it is not complete whatever its end says."""

    upload: Upload
    appends: bool
    reads: bool
    failed: bool = False


class _Reading(Struct, eq=False):
    """A handle on a file we laid. Its bytes are fetched with the first read."""

    file: MailboxFile
    folder: LaidFolder
    content: bytes | None = None


class PartnerMailbox(asyncssh.SFTPServer):
    """One session. Sentences in failures are for the partner's log."""

    def __init__(
        self,
        channel: "asyncssh.SSHServerChannel[bytes]",
        mailbox: Mailbox,
        credential: Credential,
        stir: Callable[[], None],
    ) -> None:
        super().__init__(channel)
        self._mailbox = mailbox
        self._credential = credential
        self._stir = stir
        self._gone = False

    def stir(self) -> None:
        self._stir()

    def abandon(self) -> None:
        """The client is gone or has left: whatever is closed from now on was not closed by it."""
        self._gone = True

    # -- files -----------------------------------------------------------------------------------------------------

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:  # noqa: ARG002 - rights are ours
        with in_words():
            place = spot(path)
            if place.name is None or place.folder is None:
                raise asyncssh.SFTPFailure("this is a folder")
            if place.folder != "in":
                return await self._open_laid(place.folder, place.name, pflags)
            if not pflags & FXF_WRITE:
                raise asyncssh.SFTPPermissionDenied("what was sent is not handed out again")
            return self._open_upload(place.name, pflags)

    async def _open_laid(self, folder: LaidFolder, name: str, pflags: int) -> object:
        if pflags & _WRITES:
            raise asyncssh.SFTPPermissionDenied("files are sent to /in")
        file = await self._mailbox.mailboxes.find(self._mailbox.partner, folder, name)
        if file is None:
            raise asyncssh.SFTPNoSuchFile("there is no such file")
        return _Reading(file, folder)

    def _open_upload(self, name: str, pflags: int) -> object:
        spool = self._mailbox.spool
        upload = spool.find(name)
        if upload is not None and pflags & FXF_EXCL and pflags & FXF_CREAT:
            raise asyncssh.SFTPFailure("an upload of this name lies here already")
        goes_on = upload is not None and not pflags & FXF_TRUNC
        if upload is None and not pflags & FXF_CREAT:
            raise asyncssh.SFTPNoSuchFile("there is no such upload")
        if upload is None or not goes_on:
            upload = spool.begin(name)
        elif upload.is_open or upload.is_submitted:
            raise asyncssh.SFTPFailure("this upload is under way on another handle; begin it anew to replace it")
        else:
            upload.open()
        return _Writing(upload, bool(pflags & FXF_APPEND), bool(pflags & FXF_READ))

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        with in_words():
            if isinstance(file_obj, _Writing):
                if not file_obj.reads:
                    raise asyncssh.SFTPPermissionDenied("this handle only writes")
                return file_obj.upload.read(offset, size)
            handle = cast(_Reading, file_obj)
            if handle.content is None:
                handle.content = await self._mailbox.mailboxes.content(self._mailbox.partner, handle.file)
                if handle.content is None:
                    raise asyncssh.SFTPFailure("the file cannot be read; we have been told")
            part = handle.content[offset : offset + size]
            self._mailbox.note_read(handle.file.id, offset, len(part))
            return part

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        if not isinstance(file_obj, _Writing):
            raise asyncssh.SFTPPermissionDenied("this handle only reads")
        if file_obj.failed:
            raise asyncssh.SFTPFailure(_REFUSED_BEFORE)
        try:
            with in_words():
                file_obj.upload.write(file_obj.upload.size if file_obj.appends else offset, data)
        except asyncssh.SFTPError:
            file_obj.failed = True
            raise
        return len(data)

    async def close(self, file_obj: object) -> None:
        with in_words():
            if isinstance(file_obj, _Writing):
                await self._close_upload(file_obj)
            elif not self._gone:
                await self._close_laid(cast(_Reading, file_obj))

    async def _close_upload(self, handle: _Writing) -> None:
        if self._gone or handle.failed:
            self._mailbox.abandon(handle.upload)
            if not self._gone:
                raise asyncssh.SFTPFailure(_REFUSED_BEFORE)
            return
        say(await self._mailbox.close_upload(handle.upload, self._credential))

    async def _close_laid(self, handle: _Reading) -> None:
        if self._mailbox.has_read(handle.file.id, handle.file.size):
            await self._mailbox.mailboxes.fetched(self._mailbox.partner, handle.file.id)

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self._rename(oldpath, newpath, replaces=False)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        await self._rename(oldpath, newpath, replaces=True)

    async def _rename(self, oldpath: bytes, newpath: bytes, *, replaces: bool) -> None:
        with in_words():
            old, new = spot(oldpath), spot(newpath)
            if old.folder != "in" or new.folder != "in" or old.name is None or new.name is None:
                raise asyncssh.SFTPPermissionDenied("only uploads are renamed, and only within /in")
            upload = self._closed_upload(old.name)
            if old.name != new.name and not replaces and self._mailbox.spool.find(new.name) is not None:
                raise asyncssh.SFTPFailure("an upload of this name lies here already")
            if is_temporary(new.name):
                self._mailbox.spool.rename(upload, new.name)
                return
            say(await self._mailbox.submit(upload, new.name, self._credential))

    async def remove(self, path: bytes) -> None:
        with in_words():
            place = spot(path)
            if place.name is None or place.folder is None:
                raise asyncssh.SFTPPermissionDenied("the folders stay")
            if place.folder == "in":
                self._mailbox.spool.discard(self._closed_upload(place.name))
                return
            file = await self._mailbox.mailboxes.find(self._mailbox.partner, place.folder, place.name)
            if file is None:
                raise asyncssh.SFTPNoSuchFile("there is no such file")
            if place.folder == "out" and file.fetched_at is None:
                raise asyncssh.SFTPPermissionDenied("read it to its end and close it first: nobody has it yet")
            await self._mailbox.mailboxes.remove([file.id])

    def _closed_upload(self, name: str) -> Upload:
        upload = self._mailbox.spool.find(name)
        if upload is None:
            raise asyncssh.SFTPNoSuchFile("there is no such upload")
        if upload.is_open or upload.is_submitted:
            raise asyncssh.SFTPFailure("this upload is under way; close it first")
        return upload

    # -- looking ---------------------------------------------------------------------------------------------------

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        with in_words():
            place = spot(path)
            if place.name is not None:
                raise asyncssh.SFTPFailure("this is no folder")
            if place == ROOT:
                names = [SFTPName(folder.encode(), attrs=FOLDER) for folder in FOLDERS]
            elif place.folder == "in":
                names = [SFTPName(one.name.encode(), attrs=of_upload(one)) for one in self._mailbox.spool]
            else:
                laid = await self._mailbox.mailboxes.listed(self._mailbox.partner, cast(LaidFolder, place.folder))
                names = [SFTPName(file.name.encode(), attrs=of_file(file)) for file in laid]
        for name in names:
            yield name

    async def stat(self, path: bytes) -> SFTPAttrs:
        with in_words():
            place = spot(path)
            if place.name is None or place.folder is None:
                return FOLDER
            found = await self._attrs(place)
            if found is None:
                raise asyncssh.SFTPNoSuchFile("there is no such file")
            return found

    lstat = stat

    async def _attrs(self, place: Spot) -> SFTPAttrs | None:
        assert place.name is not None
        if place.folder != "in":
            file = await self._mailbox.mailboxes.find(self._mailbox.partner, cast(LaidFolder, place.folder), place.name)
            return of_file(file) if file is not None else None
        upload = self._mailbox.spool.find(place.name)
        if upload is not None:
            return of_upload(upload)
        taken = self._mailbox.taken(place.name)
        return attributes(taken[0], taken[1]) if taken is not None else None

    def fstat(self, file_obj: object) -> SFTPAttrs:
        if isinstance(file_obj, _Writing):
            return of_upload(file_obj.upload)
        return of_file(cast(_Reading, file_obj).file)

    def realpath(self, path: bytes) -> bytes:
        with in_words():
            return str(spot(path)).encode()

    # -- what a mailbox does not do --------------------------------------------------------------------------------

    async def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Times are let pass, because many clients set them after every upload; they change nothing."""
        if attrs.size is not None:
            raise asyncssh.SFTPPermissionDenied("an upload is made shorter through its handle only")
        refuse_rights(attrs)
        await self.stat(path)

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        refuse_rights(attrs)
        if attrs.size is not None:
            if not isinstance(file_obj, _Writing):
                raise asyncssh.SFTPPermissionDenied("this handle only reads")
            with in_words():
                file_obj.upload.truncate(attrs.size)

    def fsync(self, file_obj: object) -> None:
        """Nothing to do: what is a message is on disk, and what is none may be sent again."""

    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:  # noqa: ARG002
        raise asyncssh.SFTPPermissionDenied("a mailbox has the folders it has")

    def rmdir(self, path: bytes) -> None:  # noqa: ARG002
        raise asyncssh.SFTPPermissionDenied("the folders stay")
