"""What a submission is, told from its first bytes; nothing is decoded here that a hostile sender could make large."""

from translators.findings import Finding, Unreadable
from translators.formats import Label
from translators.jsondoc.decoding import kind_of

HEAD = 4096
"""Bytes of a submission that are looked at."""

_BOM = b"\xef\xbb\xbf"


def identify(head: bytes, media_type: str | None) -> Label:
    """The label of the submission that starts with `head` (the first 4 KiB are looked at).

    The bytes decide; a media type that contradicts them is refused. Raises Unreadable.
    """
    start = head[:HEAD].removeprefix(_BOM).lstrip()
    if not start:
        raise _unreadable("document.empty", "the document is empty")
    if start.startswith(b"{"):
        label = _json(start)
    else:
        raise _unreadable("document.format", "neither EDIFACT, XML nor JSON: the first bytes are not known")
    _check_media_type(label, media_type)
    return label


def _json(start: bytes) -> Label:
    kind = kind_of(start)
    return Label("json", kind.document_type, kind.version, kind.document_type)


def _check_media_type(label: Label, media_type: str | None) -> None:
    wanted = (media_type or "").partition(";")[0].strip().lower()
    for word, names in {"json": ("json",), "xml": ("xml",), "edifact": ("edifact",)}.items():
        if any(name in wanted for name in names) and label.format != word:
            text = f"the media type is `{wanted[:60]}`, but the content is {label.format.upper()}"
            raise _unreadable("document.media_type", text)


def _unreadable(code: str, text: str) -> Unreadable:
    return Unreadable((Finding(code, text),))
