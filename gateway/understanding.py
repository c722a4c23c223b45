"""What a submission is, in its sender's words, and as what it is read: the same, but for clients of older versions."""

from msgspec import Struct

from gateway.submissions import Submission
from policies.olderversions import OlderDocument, OlderVersions
from translators.canonical.documents import kind_named
from translators.findings import Finding
from translators.formats import Label
from translators.identify import HEAD, identify
from translators.jsondoc.decoding import tags_in
from translators.jsondoc.olderjson import in_older_words, reshaped
from translators.jsondoc.reshaping import Reshape


class Understood(Struct, frozen=True, kw_only=True):
    """`label` is what came, `checked` what its schema is held against, `content` and `read_as` what the reader gets."""

    label: Label
    checked: bytes
    content: bytes
    read_as: Label
    sent: bytes
    of_api: tuple[Reshape, ...] = ()
    of_document: tuple[Reshape, ...] = ()

    def told(self, findings: tuple[Finding, ...]) -> tuple[Label, tuple[Finding, ...]]:
        """What came, and the reader's findings at the places in what the sender wrote."""
        reshapes = (*self.of_api, *self.of_document)
        return self.label, in_older_words(findings, reshapes, self.sent) if reshapes else findings

    def told_of_checked(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """The same for what a schema finds in `checked`."""
        return in_older_words(findings, self.of_api, self.sent) if findings and self.of_api else findings


def understand(submission: Submission, older: OlderVersions, api_version: str) -> Understood:
    """Raises Unreadable."""
    content = submission.content
    api = older.apis.get(api_version) if older.apis else None
    of_api = api.requests(submission.address) if api is not None and submission.address and _is_json(content) else ()
    checked = reshaped(content, of_api) if of_api else content
    document = _older_document(checked, older) if older.documents else None
    if document is None:
        label = identify(checked, submission.media_type)
        return Understood(label=label, checked=checked, content=checked, read_as=label, sent=content, of_api=of_api)
    newest = reshaped(checked, document.reshapes, document.newest)
    read_as = identify(newest, submission.media_type)
    name, _, version = document.tag.partition("/")
    label = Label("json", name, version, read_as.document_type)
    return Understood(
        label=label, checked=checked, content=newest, read_as=read_as, sent=content, of_api=of_api,
        of_document=document.reshapes,
    )  # fmt: skip


def _older_document(content: bytes, older: OlderVersions) -> OlderDocument | None:
    """By the first `kind` near the start that anybody knows, as the reader finds it."""
    if not _is_json(content):
        return None
    for tag in tags_in(content[:HEAD]):
        if tag in older.documents:
            return older.documents[tag]
        if kind_named(tag) is not None:
            return None
    return None


def _is_json(content: bytes) -> bool:
    return content[:64].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
