"""A partner's own codes at the way in: ours are set before anything is judged, kept or routed."""

from msgspec.structs import replace

from gateway.submissions import Rejection, Sender
from partners.directory import Directory
from translators.canonical.documents import decode, kind_named
from translators.findings import Unreadable
from translators.reading import Reading, document


def in_our_codes(reading: Reading | Rejection, partners: Directory, sender: Sender) -> Reading | Rejection:
    """The reading with the cross-references of its sender applied. Raises Unreadable for a code that no table has and
    whose table refuses; one whose table parks is looked at again before each delivery (destinations/recoded.py)."""
    if isinstance(reading, Rejection) or sender.kind != "partner":
        return reading
    codes = partners.codes(sender.id)
    if not codes:
        return reading
    documents, findings = [], list(reading.findings)
    for one in reading.documents:
        recoded = codes.recode(one.body, "in")
        findings += recoded.findings
        kind = kind_named(f"{one.type}/{one.version}")
        assert kind is not None, "it was read as one"
        documents.append(document(kind, decode(recoded.body), recoded.body, test=one.test, trace=one.trace))
    if any(one.severity == "error" for one in findings):
        raise Unreadable(tuple(sorted(findings, key=lambda one: one.severity != "error")))
    return replace(reading, documents=tuple(documents), findings=tuple(findings))
