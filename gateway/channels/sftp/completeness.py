"""Whether the bytes of a file prove that all of it is there.

SFTP says when a handle is closed, not whether the sender had finished. So a file counts only when its own end says so:
the trailer of an interchange with the counts and references of its header, the end tag of an XML document, the last
brace of a JSON object, the trailer record of a VDA transmission. What is wrong otherwise is not looked at here: the
reader finds it, and the sender is told.
"""

import re
from collections.abc import Iterator

import msgspec

from translators.edifact.segments import Segment
from translators.edifact.tokens import Tokenizer
from translators.x12.faults import Faults
from translators.x12.tokens import segments_in

_BOM = b"\xef\xbb\xbf"
_VDA_HEAD = re.compile(rb"[57]11[0-9]{2}[^\r\n]{29}")
_XML_ROOT = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*<([^\s<>/!?]+)[^<>]*?(/?)>", re.DOTALL)
_XML_AFTER = re.compile(r"(?:\s+|<\?(?:(?!\?>).)*\?>|<!--(?:(?!-->).)*-->)*\Z", re.DOTALL)
_SLICE = 256 * 1024


def lacking(content: bytes) -> str | None:
    """What is missing, as a clause (`its UNZ has not come`), or UNKNOWN; None when the content proves complete."""
    start = content[:4096].removeprefix(_BOM).lstrip()
    if not start:
        return "it is empty"
    if start.startswith(b"{"):
        return _json(content)
    if start.startswith(b"<"):
        return _xml(content.removeprefix(_BOM).decode("latin-1"))
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _xml(content.decode("utf-16", errors="replace"))
    if start[:3] in (b"UNA", b"UNB"):
        return _edifact(content)
    if start.startswith(b"ISA"):
        return _x12(content)
    if _VDA_HEAD.match(start):
        return _vda(content)
    return UNKNOWN


UNKNOWN = "its format is not known here, so nothing in it tells its end"


def _json(content: bytes) -> str | None:
    try:
        msgspec.json.decode(content.removeprefix(_BOM), type=msgspec.Raw)
    except msgspec.DecodeError as error:
        return "its last brace has not come" if "truncated" in str(error) else None
    except RecursionError:  # nested too deeply for anybody: the reader refuses it
        return None
    return None


def _xml(text: str) -> str | None:
    root = _XML_ROOT.match(text)
    if root is None:
        return "its root element has not come" if len(text) < _SLICE else None
    name, is_alone = root[1], root[2] == "/"
    end = text.rstrip()
    while end.endswith(("-->", "?>")):
        end = end[: end.rfind("<!--" if end.endswith("-->") else "<?")].rstrip()
    if is_alone and _XML_AFTER.match(text, root.end()):
        return None
    closing = re.search(r"</([^\s<>]+)\s*>\Z", end[-1024:])
    return None if closing is not None and closing[1] == name else "its last end tag has not come"


def _edifact(content: bytes) -> str | None:
    """By header and trailer of each interchange; what stands between is the reader's."""
    tokenizer = Tokenizer()
    reference, messages, groups = "", 0, 0
    is_open = any_header = False
    for segment in _edifact_segments(tokenizer, content):
        tag = segment.raw[:3]
        if tag == b"UNB":
            if is_open:
                return "another interchange begins before its UNZ has come"
            is_open = any_header = True
            reference, messages, groups = segment.get(5, 1), 0, 0
        elif tag == b"UNH":
            messages += 1
        elif tag == b"UNG":
            groups += 1
        elif tag == b"UNZ" and is_open:
            is_open = False
            wrong = _differs("UNZ", segment.get(1), groups or messages, segment.get(2), reference)
            if wrong is not None:
                return wrong
    if not any_header:
        return "its UNB has not come"
    if tokenizer.dead:  # a limit was broken: the reader says which
        return None
    cut = any(finding.code == "edifact.truncated" for finding in tokenizer.findings)
    return "its UNZ has not come" if is_open or cut else None


def _edifact_segments(tokenizer: Tokenizer, content: bytes) -> Iterator[Segment]:
    for start in range(0, len(content), _SLICE):
        yield from tokenizer.feed(content[start : start + _SLICE])
    yield from tokenizer.finish()


def _x12(content: bytes) -> str | None:
    control, groups, is_open, any_header = "", 0, False, False
    faults = Faults()
    for segment in segments_in(content, faults, 64 * 1024):
        if segment.tag == "ISA":
            if is_open:
                return "another interchange begins before its IEA has come"
            is_open = any_header = True
            control, groups = segment.get(13), 0
        elif segment.tag == "GS":
            groups += 1
        elif segment.tag == "IEA" and is_open:
            is_open = False
            wrong = _differs("IEA", segment.get(1), groups, segment.get(2), control)
            if wrong is not None:
                return wrong
    if not any_header:
        return None if len(content) > 1000 else "its ISA has not come"
    return "its IEA has not come" if is_open else None


def _differs(trailer: str, count: str, counted: int, reference: str, opened_as: str) -> str | None:
    if not count.strip().isdigit() or int(count) != counted:
        return f"its {trailer} counts {count[:9] or 'nothing'} where {counted} are there"
    if reference.strip() != opened_as.strip():
        return f"its {trailer} has another reference than its header"
    return None


def _vda(content: bytes) -> str | None:
    """Records have 128 characters, or end with their line; an interchange may be padded at its end."""
    text = content.rstrip(b"\x1a\x00")
    lines = text.splitlines()
    last = lines[-1] if len(lines) > 1 else text[-(len(text) % 128 or 128) :]
    ended = len(last) >= 128 or (len(lines) > 1 and text.endswith((b"\r", b"\n")))
    return None if ended and last[:3] in (b"519", b"719") else "its trailer record has not come"
