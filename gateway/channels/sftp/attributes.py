"""What a client is told of a folder or a file, and what it may not set."""

import stat

import asyncssh
from asyncssh import SFTPAttrs

from gateway.channels.sftp.spool import Upload
from gateway.ledger.mailbox import MailboxFile

FOLDER = SFTPAttrs(permissions=stat.S_IFDIR | 0o750, size=0, atime=0, mtime=0)


def attributes(size: int, changed_at: float) -> SFTPAttrs:
    return SFTPAttrs(
        permissions=stat.S_IFREG | 0o640, size=size, atime=int(changed_at), mtime=int(changed_at), uid=0, gid=0
    )


def of_upload(upload: Upload) -> SFTPAttrs:
    return attributes(upload.size, upload.changed_at)


def of_file(file: MailboxFile) -> SFTPAttrs:
    return attributes(file.size, file.made_at.timestamp())


def refuse_rights(attrs: SFTPAttrs) -> None:
    if attrs.permissions is not None or attrs.uid is not None or attrs.gid is not None:
        raise asyncssh.SFTPPermissionDenied("owners and rights are not set here")
