"""What a partner finds in its mailbox about a file it has sent: an acknowledgement, and a page when it was refused."""

from base64 import b64encode
from typing import Any
from uuid import UUID

import msgspec

from gateway.channels.sftp.names import beside
from gateway.clock import now_text
from gateway.errorpages import EXPLANATIONS
from gateway.errors import ERRORS
from gateway.identifiers import new_message_id
from gateway.ledger.mailbox import NewFile
from gateway.ledger.merkle import leaf_hash
from gateway.submissions import Receipt, Rejection
from gateway.suspending import stated

MOST_FINDINGS = 100


def accepted(partner: str, name: str, receipt: Receipt) -> list[NewFile]:
    """`/ack/<name>.<message id>.json`: our verdict, byte for byte as it stands in the audit, and its hash there; `test`
    where it was one."""
    told: dict[str, Any] = {
        "status": "accepted",
        "file": name,
        "message": receipt.message_id,
        "duplicate": receipt.duplicate,
        **({"test": True} if receipt.trial else {}),
        **({"suspended": stated(receipt.suspended)} if receipt.suspended else {}),
        "statement": receipt.statement.decode(),
        "leaf": b64encode(leaf_hash(receipt.statement)).decode(),
    }
    made = [_acknowledgement(partner, name, receipt.message_id, told)]
    if receipt.suspended:
        page = _page_of_suspended(name, receipt)
        made.append(_in_error(partner, name, receipt.message_id, page))
    return made


def refused(partner: str, name: str, rejection: Rejection) -> list[NewFile]:
    """The same for a refusal, with what was found, and `/error/<name>.<message id>.txt` for people."""
    error = ERRORS[rejection.code]
    message_id = rejection.message_id or str(new_message_id())
    told: dict[str, Any] = {
        "status": "refused",
        "file": name,
        "message": message_id,
        "code": rejection.code,
        "title": error.title,
        "detail": rejection.text,
        "act": rejection.act,
        "acts": error.acts,
        "rule": rejection.rule,
        "policy": rejection.policy_revision or None,
        "findings": [_plain(finding) for finding in rejection.findings[:MOST_FINDINGS]],
        "findings_left_out": max(0, len(rejection.findings) - MOST_FINDINGS),
    }
    page = _in_error(partner, name, message_id, _page(name, message_id, rejection))
    return [_acknowledgement(partner, name, message_id, told), page]


def notice(partner: str, name: str, text: str) -> NewFile:
    """About a file that never became a message."""
    page = f"{name}\n\n{text}\n\nWritten {now_text()}.\n"
    made = new_message_id()
    return NewFile(id=made, partner=partner, folder="error", name=beside(name, f"{made}.txt"), content=page.encode())


def _acknowledgement(partner: str, name: str, message_id: str, told: dict[str, Any]) -> NewFile:
    return NewFile(
        id=new_message_id(),
        partner=partner,
        folder="ack",
        name=beside(name, f"{message_id}.json"),
        content=msgspec.json.encode(told),
        message_id=UUID(message_id),
    )


def _in_error(partner: str, name: str, message_id: str, page: str) -> NewFile:
    return NewFile(
        id=new_message_id(),
        partner=partner,
        folder="error",
        name=beside(name, f"{message_id}.txt"),
        content=page.encode(),
        message_id=UUID(message_id),
    )


def _page_of_suspended(name: str, receipt: Receipt) -> str:
    stays = receipt.suspended
    lines = [
        f"{name} was taken, but for {len(stays)} message{'s' if len(stays) > 1 else ''}.",
        "",
        "What is named here was not taken: correct it and send it in an interchange of its own.",
        "",
        f"Message   {receipt.message_id}",
        f"Written   {now_text()}",
    ]
    for one in stays[:MOST_FINDINGS]:
        lines += ["", f"{one.reference} (place {one.place}): {one.rejection.text}", f"      code {one.rejection.code}"]
    if len(stays) > MOST_FINDINGS:
        lines += ["", f"{len(stays) - MOST_FINDINGS} more are left out."]
    return "\n".join([*lines, ""])


def _page(name: str, message_id: str, rejection: Rejection) -> str:
    error, explained = ERRORS[rejection.code], EXPLANATIONS[rejection.code]
    lines = [
        f"{name} was refused.",
        "",
        f"Why       {rejection.text}",
        f"To do     {rejection.act or explained.action}",
        f"Code      {rejection.code} ({error.title})",
        f"Message   {message_id}",
        f"Written   {now_text()}",
    ]
    findings = [_plain(finding) for finding in rejection.findings]
    if findings:
        lines += ["", "What was found:"]
    for number, finding in enumerate(findings[:MOST_FINDINGS], 1):
        lines += ["", f"{number:4}. {finding.get('severity', 'error')}: {finding['text']}"]
        place = ", ".join(f"{word} {value}" for word, value in finding.get("place", {}).items())
        lines += [f"      {place}"] if place else []
        lines += [f"      code {finding['code']}"]
    if len(findings) > MOST_FINDINGS:
        lines += ["", f"{len(findings) - MOST_FINDINGS} more are left out."]
    lines += ["", "What it means:", "", f"  {explained.meaning}", "", f"  Usual cause: {explained.cause}", ""]
    return "\n".join(lines)


def _plain(finding: Any) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(finding).items() if value not in (None, {})}
