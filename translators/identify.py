"""What a submission is, told from its first bytes; nothing is decoded here that a hostile sender could make large."""

import re

from translators.edifact.ackreading import MESSAGES as ACKNOWLEDGING
from translators.edifact.substitutes import MAPS, release_for
from translators.edifact.tokens import Tokenizer
from translators.edifact.translating import compiled_map
from translators.edifact.unmapped import unmapped
from translators.findings import Finding, Unreadable
from translators.foreign import is_of_another, named
from translators.formats import Label
from translators.jsondoc.decoding import kind_of
from translators.vda.translating import compiled_map as compiled_vda_map
from translators.x12.faults import Faults
from translators.x12.tokens import segments_in
from translators.x12.translating import compiled_map as compiled_x12_map
from translators.x12.translating import unmapped as x12_unmapped
from translators.xmldoc.translating import map_for, root_of, unknown_root

HEAD = 4096
"""Bytes of a submission that are looked at."""

_VDA = re.compile(rb"[57]11[0-9]{2}[^\r\n]{29}")
"""A header record, at least as far as its transmission numbers."""

_BOM = b"\xef\xbb\xbf"


def identify(head: bytes, media_type: str | None) -> Label:
    """The label of the submission that starts with `head` (the first 4 KiB are looked at).

    The bytes decide; a media type that contradicts them is refused. Raises Unreadable.
    """
    start = head[:HEAD].removeprefix(_BOM).lstrip()
    if not start:
        raise _unreadable("document.empty", "the document is empty")
    other = named(start)
    if other is not None:
        raise _unreadable("document.format", f"neither EDIFACT, X12, VDA, XML nor JSON: it is {other}")
    if start.startswith(b"{"):
        label = _json(start)
    elif start.startswith(b"["):
        raise _unreadable("document.format", "a list of JSON: each document is an object, sent by itself")
    elif start.startswith(b"<") or start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        label = _xml(start)
    elif start[:3] in (b"UNA", b"UNB", b"UNG", b"UNH", b"UIB"):
        label = _edifact(start)
    elif start.startswith(b"ISA"):
        label = _x12(start)
    elif _VDA.match(start):
        label = _vda(start)
    else:
        raise _unreadable("document.format", "neither EDIFACT, X12, VDA, XML nor JSON: the first bytes are not known")
    _check_media_type(label, media_type)
    return label


def _json(start: bytes) -> Label:
    kind = kind_of(start)
    return Label("json", kind.document_type, kind.version, kind.document_type)


def _edifact(start: bytes) -> Label:
    """From the first UNH; the rest of the input is read as a whole before anything is believed."""
    tokenizer = Tokenizer()
    header = next((each for each in tokenizer.feed(start) if each.raw[:3] == b"UNH"), None)
    if header is None:
        errors = tuple(finding for finding in tokenizer.findings if finding.severity == "error")
        raise Unreadable(errors or (Finding("edifact.unh", "no message header (UNH) stands near the start"),))
    message = header.get(2, 1)
    release = f"{header.get(2, 2)}.{header.get(2, 3)}"
    if message in ACKNOWLEDGING:
        return Label("edifact", message, release, "ack")
    read_by = release_for(message, release)
    compiled = compiled_map(message, read_by) if read_by is not None else None
    if compiled is None:
        raise Unreadable((unmapped(message, release, MAPS),))
    return Label("edifact", message, release, compiled.kind.document_type)


def _x12(start: bytes) -> Label:
    """From the first GS and ST; the rest of the input is read as a whole before anything is believed."""
    faults = Faults()
    release = ""
    acknowledges = False
    for segment in segments_in(start, faults, HEAD):
        if segment.tag == "GS":
            release = segment.get(8)[:6]
        acknowledges = acknowledges or segment.tag == "TA1"
        if segment.tag == "ST":
            compiled = compiled_x12_map(segment.get(1), release)
            if compiled is None:
                raise Unreadable((x12_unmapped(segment.get(1), release),))
            return Label("x12", segment.get(1), release, compiled.kind.document_type)
    found = (each for each in faults.findings if each.severity == "error" and each.code != "x12.terminator")
    errors = tuple(found)
    nothing = "no transaction set header (ST) stands near the start"
    if acknowledges:
        nothing = (
            "the interchange acknowledges another (TA1) and holds no transaction set: there is nothing to translate"
        )
    raise Unreadable(errors or (Finding("x12.st", nothing),))


def _vda(start: bytes) -> Label:
    """From the record type and the version the input begins with."""
    message = "4905" if start.startswith(b"511") else "4913"
    compiled = compiled_vda_map(message)
    assert compiled is not None, "both messages have a map"
    return Label("vda", message, start[3:5].decode(), compiled.kind.document_type)


def _xml(start: bytes) -> Label:
    """From the root element; UBL 2.1 unless `UBLVersionID` says otherwise, as the widest used profiles leave it out."""
    root, version = root_of(start)
    compiled = map_for(root)
    if compiled is None:
        raise Unreadable((unknown_root(root),))
    return Label(
        "xml", compiled.spec.message.rpartition("/")[2], version or compiled.spec.version, compiled.kind.document_type
    )


def _check_media_type(label: Label, media_type: str | None) -> None:
    said = (media_type or "").partition(";")[0].strip().lower()
    if is_of_another(said, label.format):
        text = f"the media type is `{said[:60]}`, but the content is {label.format.upper()}"
        raise _unreadable("document.media_type", text)


def _unreadable(code: str, text: str) -> Unreadable:
    return Unreadable((Finding(code, text),))
