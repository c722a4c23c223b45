"""Which fields of a document are hidden from whom, wherever documents are shown or handed on.

A mask is checked against the shape of the document when the rules are loaded: a place that is written wrongly would
hide nothing, and what a document is nothing without cannot be removed.
"""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from policies.maskedplaces import problem_of
from policies.reading import Read
from policies.scopes import Names
from policies.written import Rule, Written, limited_by
from translators.canonical.fieldplaces import document_types
from translators.fileproblems import FileProblem
from translators.jsondoc.reshaping import PointerText
from translators.yamlsentences import suggest

Viewer = Literal["sender", "plant", "partner", "operator"]
How = Literal["remove", "replace", "hash", "last-four"]


class MaskedField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`how`: `remove` it, `replace` the text, `hash` it (equal ones still look equal), or show its `last-four`."""

    path: PointerText
    how: How


class MaskingRule(Rule, frozen=True, kw_only=True):
    """All rules that match hide what they name."""

    viewers: Annotated[tuple[Viewer, ...], Meta(min_length=1)]
    """`sender`: who sent it; `plant`: one that fetches it; `partner`: one it is written for; `operator`: our people at
    the command line and console."""
    plants: Names = ()
    """Of the viewers `plant`, only these."""
    partners: Names = ()
    """Of the viewers `partner`, only these."""
    documents: Annotated[Names, Meta(min_length=1)]
    fields: Annotated[tuple[MaskedField, ...], Meta(min_length=1)]

    def is_early(self) -> bool:
        return True


class MaskingFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`masking.yaml`."""

    kind: Literal["masking"]
    rules: tuple[MaskingRule, ...]


class Mask:
    """What one viewer does not see of one kind of document."""

    def __init__(self, fields: list[MaskedField]) -> None:
        self._fields = [(field.path.split("/")[1:], field.how) for field in fields]
        self.paths = frozenset(field.path for field in fields)

    def apply(self, body: bytes, key: bytes) -> bytes:
        """The document without what is masked. `key` is secret and makes hashes useless to whoever tries values."""
        document = msgspec.json.decode(body)
        for path, how in self._fields:
            _mask(document, path, how, key)
        return msgspec.json.encode(document)


class Masking:
    """All masks of a set."""

    FILE = MaskingFile

    def __init__(self, read: Read) -> None:
        self._rules: list[MaskingRule] = [one.rule for one in read.lists["rules"]]
        self._masks: dict[tuple[Viewer, str, str], Mask | None] = {}

    @staticmethod
    def check(read: Read) -> Iterator[FileProblem]:
        for written in read.lists["rules"]:
            yield from _check(written)

    def of(self, viewer: Viewer, document_type: str, who: str = "") -> Mask | None:
        """None when nothing is masked. `who`: the plant or partner that looks, when it is one."""
        key = (viewer, who, document_type)
        if key not in self._masks:
            fields = [
                field
                for rule in self._rules
                if viewer in rule.viewers
                and document_type in rule.documents
                and (viewer != "plant" or not rule.plants or who in rule.plants)
                and (viewer != "partner" or not rule.partners or who in rule.partners)
                for field in rule.fields
            ]
            self._masks[key] = Mask(fields) if fields else None
        return self._masks[key]


def _check(written: Written[MaskingRule]) -> Iterator[FileProblem]:
    rule = written.rule
    if rule.mode == "observe":
        yield written.problem("mode", "a mask hides or it does not; there is nothing to observe")
    for name in limited_by(rule):
        yield written.problem(name, f"a mask holds always; leave `{name}` out")
    if rule.plants and "plant" not in rule.viewers:
        yield written.problem("plants", "plants are chosen among the viewers `plant`; add it to `viewers`")
    if rule.partners and "partner" not in rule.viewers:
        yield written.problem("partners", "partners are chosen among the viewers `partner`; add it to `viewers`")
    for number, document_type in enumerate(rule.documents):
        if document_type not in document_types():
            text = f"there is no kind of document `{document_type}`; {suggest(document_type, sorted(document_types()))}"
            yield written.problem(f"documents[{number}]", text)
            continue
        for place, field in enumerate(rule.fields):
            found = problem_of(document_type, field.path, field.how)
            if found is not None:
                yield written.problem(f"fields[{place}].path", found)


def _mask(value: Any, path: list[str], how: How, key: bytes) -> None:
    """Wherever `path` leads from here; what is not there needs no hiding."""
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        steps: list[Any] = list(value) if step == "*" else [step] if step in value else []
    else:
        steps = list(range(len(value))) if step == "*" and isinstance(value, list) else []
    for one in reversed(steps):
        if rest:
            _mask(value[one], rest, how, key)
        elif how == "remove":
            del value[one]
        else:
            value[one] = _hidden(str(value[one]), how, key)


def _hidden(text: str, how: How, key: bytes) -> str:
    match how:
        case "hash":
            return "hash:" + hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:16]
        case "last-four":
            return "*" * max(4, len(text) - 4) + text[-4:] if len(text) > 8 else "********"
        case _:
            return "***"
