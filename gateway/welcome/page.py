"""The welcome kit for people: one page in Markdown that reads as plain text, for the partner's EDI person."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from gateway.channels.http.documented import PATH
from gateway.welcome.curls import examples
from gateway.welcome.kit import As2Way, HttpWay, Kit, MailboxWay, OurCertificate, Sample, ServerWay, Term, WebhookWay

_ACKNOWLEDGED = {
    "mdn": "MDN", "contrl": "CONTRL", "aperak": "APERAK", "999": "999", "997": "997",
    "order_response": "order response", "receipt_advice": "receipt advice",
}  # fmt: skip
_SHOWS = {
    "private_key_jwt": "an assertion signed with your key (RFC 7523)",
    "mtls": "your TLS certificate (RFC 8705)",
    "secret": "a client secret, which comes by another way than this kit",
}
_BOUND = {
    "none": "bearer tokens, bound to nothing",
    "certificate": "bound to your TLS certificate (RFC 8705): show it with every request",
    "dpop": "bound to a key of yours (DPoP, RFC 9449): a proof with every request",
}


def page(kit: Kit) -> str:
    """The whole page; its commands take their files from the folder the kit is written to."""
    lines = [
        f"# {kit.name}: how we exchange documents",
        "",
        f"Written {kit.at:%Y-%m-%d %H:%M} UTC for `{kit.partner}`, by its profile {kit.revision}.",
        "Nothing in here is secret. Compare every fingerprint with us by telephone before you rely on it.",
        "",
        *_state(kit),
    ]
    sections: list[tuple[str, Iterable[str]]] = []
    if kit.http is not None:
        sections.append(("HTTPS", _http(kit.http)))
        sections += [(f"Try it: {one.title}", _example(one.command, one.says)) for one in examples(kit)]
    if kit.as2 is not None:
        sections.append(("AS2", _as2(kit.as2)))
    if kit.certificates:
        sections.append(("Our certificates", _certificates(kit.certificates, kit.at)))
    if kit.mailbox is not None:
        sections.append(("SFTP: your account at our server", _mailbox(kit.mailbox)))
    if kit.server is not None:
        sections.append(("SFTP: our account at your server", _server(kit.server)))
    if kit.webhook is not None:
        sections.append(("Webhook: documents sent to you", _webhook(kit.webhook)))
    if kit.receipt_keys:
        sections.append(("Our receipts", _receipts(kit)))
    if kit.names:
        sections.append(("Names in documents", _facts(kit.names)))
    sections.append(("What is agreed", _agreed(kit)))
    if kit.samples:
        sections.append(("Samples", _samples(kit)))
    for title, told in sections:
        lines += [f"## {title}", "", *told, ""]
    return "\n".join(lines).rstrip() + "\n"


def _state(kit: Kit) -> list[str]:
    if kit.state == "testing":
        return ["**Until we have approved you** only documents marked as tests are taken (UNB 0035, ISA15); the "
                "self-test takes any. Tell us when yours passes.", ""]  # fmt: skip
    return []


def _facts(facts: Iterable[tuple[str, object]]) -> Iterator[str]:
    """A table that is read without being rendered; what is not there is left out."""
    kept = [(name, value) for name, value in facts if value not in (None, "", ())]
    width = max((len(name) for name, _ in kept), default=0)
    yield f"| {'what':{width}} | is |"
    yield f"|{'-' * (width + 2)}|----|"
    for name, value in kept:
        yield f"| {name:{width}} | {value} |"


def _http(way: HttpWay) -> Iterator[str]:
    yield from _facts(
        (
            ("address of the API", way.base),
            ("its description", f"{way.base}{PATH}"),
            ("token address", way.token_url),
            ("your clients", _code(way.clients)),
            ("they show", _SHOWS.get(way.authentication or "")),
            ("key id (`kid`)", way.key),
            ("signed with", way.algorithm),
            ("tokens", _BOUND[way.binding]),
            ("roles in them", _code(way.roles)),
            ("scopes to ask for", _code(way.scopes)),
        )
    )
    if way.binding == "dpop":
        yield ""
        yield "A proof is made anew for each request: use a library for DPoP. `htu` is the address above and the path."
    if way.algorithm not in (None, "PS256"):
        yield ""
        yield (f"Your key is on an elliptic curve: let a library write the assertion ({way.algorithm}, the `kid` "
               f"above, `aud` {way.issuer}).")  # fmt: skip


def _example(command: str, says: str) -> Iterator[str]:
    yield from ("```sh", command, "```", "", says)


def _as2(way: As2Way) -> Iterator[str]:
    demanded, sent = way.demanded, way.sent
    yield from _facts(
        (
            ("our address", way.url),
            ("our AS2 id", f"`{way.ours}`"),
            ("your AS2 id", f"`{way.theirs}`"),
            ("AS2 version", way.version),
            ("your messages are signed", _yes(demanded.get("signed", False))),
            ("your messages are encrypted", _yes(demanded.get("encrypted", False))),
            ("signatures we take", "SHA-256, SHA-384, SHA-512; RSA from 2048 bits, P-256 and up"),
            ("encryption we take", "AES-128 and AES-256, CBC or GCM; keys by RSA-OAEP or PKCS#1 v1.5"),
            ("content of one message", f"at most {_size(way.most_bytes)}"),
            ("receipts (MDN)", "at once in the answer, or to an address below; signed when you ask for it"),
            ("addresses for later receipts", _code(way.receipt_urls) or "none: ask for receipts in the answer"),
            ("for a time we also take", _words(way.legacy) if way.legacy is not None else ""),
        )
    )
    if sent is not None:
        yield from ("", "How we send to you:", "")
        yield from _facts((name.replace("_", " "), _word(value)) for name, value in sent.items())


def _certificates(certificates: tuple[OurCertificate, ...], at: datetime) -> Iterator[str]:
    for number, one in enumerate(certificates):
        yield from [""] if number else []
        uses = {"sign": "verify our signatures with it", "decrypt": "encrypt to it"}
        when = "from then on" if one.begins > at else "today"
        yield from _facts(
            (
                ("file", f"`{one.file}` (PEM)"),
                ("holder", one.holder),
                ("use", f"{' and '.join(uses[use] for use in one.uses)}, {when}"),
                ("holds", f"{one.begins:%Y-%m-%d %H:%M} to {one.ends:%Y-%m-%d %H:%M} UTC"),
                ("serial number", one.serial),
                ("SHA-256", one.sha256),
                ("SHA-1", one.sha1),
            )
        )


def _mailbox(way: MailboxWay) -> Iterator[str]:
    yield from _facts(
        (
            ("host", way.host),
            ("port", way.port),
            ("account", f"`{way.account}`"),
            *((f"our host key ({one.kind})", one.fingerprint) for one in way.host_keys),
            ("your key here", ", ".join(way.keys)),
            ("password", "one is set; it comes by another way than this kit" if way.password else ""),
            ("one file", f"at most {_size(way.most_bytes)}"),
            ("unfinished uploads", f"at most {way.files} files, {_size(way.quota)} together"),
        )
    )
    yield from (
        "",
        "`/in` takes your files: write under a name that ends in `.part`, then rename; the answer to the rename comes "
        "when the file is on record. `/ack` says what became of each, `/error` why one was refused, `/out` holds what "
        "we send. The lines of our host keys for your `known_hosts` are in the file of that name.",
    )
    if way.host_keys:
        command = f"sftp -P {way.port} -o UserKnownHostsFile=known_hosts -o StrictHostKeyChecking=yes"
        yield from ("", f"    {command} {way.account}@{way.host}")


def _server(way: ServerWay) -> Iterator[str]:
    yield from _facts(
        (
            ("your host", f"{way.host}, port {way.port}"),
            ("we log in as", f"`{way.user}`"),
            ("our key", f"`{way.key}`" if way.key is not None else ""),
            ("password", "the one you gave us" if way.password else ""),
            ("your host keys, pinned", ", ".join(way.host_keys)),
            ("we deliver to", way.push and f"`{way.push}`, under a name that begins with `.` until it is whole"),
            ("we fetch from", way.poll and f"`{way.poll}`, files named `{way.pattern}`, every {way.every}"),
            ("after we fetched", way.poll and f"{way.after_pickup} the file"),
        )
    )


def _receipts(kit: Kit) -> Iterator[str]:
    yield "Each answer of ours over HTTPS and SFTP holds a statement; its proof is verified offline with this key:"
    yield ""
    yield from (f"    {one}" for one in kit.receipt_keys)
    yield ""
    yield "`partner-gateway audit verify-receipt FILE --key gateway.vkey` does so; the form is C2SP tlog-proof."


def _webhook(way: WebhookWay) -> Iterator[str]:
    how = {
        "v1": "HMAC-SHA256 of a shared secret, which comes by another way than this kit (`v1`)",
        "v1a": "Ed25519, with the public keys below (`v1a`)",
    }
    yield from _facts(
        (
            ("we POST to", way.url),
            ("signatures", " and ".join(how[one] for one in way.signatures)),
            ("our public keys", _code(way.public_keys)),
            ("headers", "`webhook-id`, `webhook-timestamp`, `webhook-signature` (Standard Webhooks 1.0.0)"),
            ("answer", f"2xx within {way.time_out}; anything else is tried again"),
            ("without a success for", f"{way.disable_after} we stop calling and tell you"),
        )
    )


def _agreed(kit: Kit) -> Iterator[str]:
    if not kit.agreed:
        granted = sorted({one.document.replace("_", " ") for one in kit.samples})
        yield f"You may send over HTTPS, as JSON: {', '.join(granted) or 'nothing yet'}."
        return
    for number, one in enumerate(kit.agreed):
        yield from [""] if number else []
        yield from _term(one)


def _term(one: Term) -> Iterator[str]:
    document = one.document.replace("_", " ")
    article = "an" if document[0] in "aeiou" else "a"
    who = "you send us" if one.direction == "in" else "we send you"
    yield f"### {one.name}: {who} {article} {document}"
    yield ""
    owes = "we answer with" if one.direction == "in" else "you answer with"
    yield from _facts(
        (
            ("channel", one.channel),
            ("format", one.format),
            ("time", _time(one)),
            ("only tests", "yes" if one.test else ""),
            *((owes, _acknowledgement(each)) for each in one.acknowledgements),
            *((name.replace("_", " ").replace(".", ": "), _word(value)) for name, value in one.fields.items()),
        )
    )


def _acknowledgement(one: dict[str, Any]) -> str:
    when = "" if one.get("when", "always") == "always" else ", only for errors"
    return f"{_ACKNOWLEDGED.get(one['kind'], one['kind'])} within {one['within']}{when}"


def _time(one: Term) -> str:
    begins = f"from {one.begins:%Y-%m-%d}" if one.begins is not None else ""
    ends = f"until {one.ends:%Y-%m-%d}" if one.ends is not None else ""
    return " ".join(part for part in (begins, ends) if part)


def _samples(kit: Kit) -> Iterator[str]:
    yield "Each passed the self-test under the rules in force when this was written. Change numbers and dates at will."
    yield ""
    yield from _facts(
        (f"`{one.file}`", f"{one.document.replace('_', ' ')}, over {one.channel}, {one.media_type}")
        for one in kit.samples
    )

    untried = sorted({one.channel.upper() for one in kit.samples if _needs_agreement(kit, one)})
    if untried:
        yield ""
        yield (f"Those over {' and '.join(untried)} say that they are tests. Now that you are live, tests are taken "
               "there by an agreement for tests alone: ask us for one.")  # fmt: skip


def _needs_agreement(kit: Kit, sample: Sample) -> bool:
    """Whether a live partner that sends it is told that no tests are agreed."""
    if kit.state == "testing" or sample.channel == "http":
        return False
    tests = [one for one in kit.agreed if one.test and one.direction == "in"]
    return not any((one.document, one.channel) == (sample.document, sample.channel) for one in tests)


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in words)


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _size(count: int) -> str:
    for name, unit in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= unit and count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count} bytes"


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return _yes(value)
    if isinstance(value, dict):
        return _words(value)
    return ", ".join(_word(one) for one in value) if isinstance(value, list | tuple) else str(value)


def _words(value: dict[str, Any]) -> str:
    return "; ".join(f"{name.replace('_', ' ')} {_word(one)}" for name, one in value.items())
