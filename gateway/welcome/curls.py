"""What a partner can type to try its way in over HTTP, in a POSIX shell with curl, in this order and as it stands."""

import json
from collections.abc import Iterator
from shlex import quote

from msgspec import Struct

from gateway.welcome.kit import HttpWay, Kit, Sample

SECRET, KEY, CERTIFICATE = "client-secret", "client.key", "client.pem"
"""Files of the partner's own beside the kit; none is in it."""


class Example(Struct, frozen=True):
    title: str
    command: str
    says: str


def examples(kit: Kit) -> Iterator[Example]:
    """Nothing where tokens cannot be fetched, or must be bound to a key with every request (DPoP)."""
    way = kit.http
    if way is None or way.token_url is None or way.authentication is None or way.binding == "dpop":
        return
    if way.algorithm not in (None, "PS256") or (way.authentication == "private_key_jwt" and way.key is None):
        return
    yield _token(way, way.token_url)
    sample = next((one for one in kit.samples if one.channel == "http"), None)
    if sample is not None:
        yield _self_test(way, sample)
        if kit.state != "testing":
            yield _submission(way, sample)
            if way.reads:
                yield _status(way)
    if way.fetches:
        yield _outbox(way)


def _token(way: HttpWay, url: str) -> Example:
    client = way.clients[0]
    form = f"-d grant_type=client_credentials -d client_id={quote(client)}"
    form += f" -d scope={quote(' '.join(way.scopes))}" if way.scopes else ""
    keep = """sed -n 's/.*"access_token": *"\\([^"]*\\)".*/\\1/p'"""
    if way.authentication == "secret":
        command = (
            f"TOKEN=$(tr -d '\\r\\n' < {SECRET} | curl -sS {quote(url)} \\\n"
            f"  {form} --data-urlencode client_secret@- \\\n  | {keep})"
        )
        says = f"Your secret lies in the file `{SECRET}`; it came by another way than this kit."
    elif way.authentication == "mtls":
        command = f"TOKEN=$(curl -sS {_proof()} {quote(url)} \\\n  {form} \\\n  | {keep})"
        says = f"`{CERTIFICATE}` is your TLS certificate, `{KEY}` its key."
    else:
        command = _asserted(way, url, form, keep)
        says = f"`{KEY}` is the RSA key whose certificate you gave us. The assertion is one of RFC 7523."
    return Example(
        "Fetch a token", f'{command}\necho "$TOKEN" | cut -c 1-12',
        f"{says} Prints the beginning of a token. If it prints nothing, take away `TOKEN=$(`, the line with `sed` and "
        "the last line, and read what comes.",
    )  # fmt: skip


def _asserted(way: HttpWay, url: str, form: str, keep: str) -> str:
    """PS256 by openssl: RSASSA-PSS with a salt as long as the digest (RFC 7518, 3.5)."""
    client = way.clients[0]
    head = json.dumps({"alg": way.algorithm, "typ": "JWT", "kid": way.key})
    named = json.dumps({"iss": client, "sub": client, "aud": way.issuer}).replace("%", "%%").replace("\\", "\\\\")
    claims = named.removesuffix("}") + ', "jti": "%s", "iat": %d, "exp": %d}'
    return "\n".join(
        (
            "b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }",
            "NOW=$(date +%s)",
            f"HEAD=$(printf '%s' {quote(head)} | b64)",
            f"CLAIMS=$(printf {quote(claims)} \\",
            '  "$(openssl rand -hex 16)" "$NOW" "$((NOW + 60))" | b64)',
            'SIGNATURE=$(printf %s.%s "$HEAD" "$CLAIMS" | openssl dgst -sha256 \\',
            f"  -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 -sign {KEY} | b64)",
            f"TOKEN=$(curl -sS {quote(url)} \\",
            f"  {form} \\",
            "  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \\",
            '  -d "client_assertion=$HEAD.$CLAIMS.$SIGNATURE" \\',
            f"  | {keep})",
        )
    )


def _self_test(way: HttpWay, sample: Sample) -> Example:
    return Example(
        "Try a document: nothing is delivered, as often as you like",
        f"{_call(way)} {_field(sample)} \\\n  --data-binary @{sample.file} {way.base}/v1/self-test",
        '`"passed":true` and one entry for each step; a step that failed says what to do.',
    )


def _submission(way: HttpWay, sample: Sample) -> Example:
    return Example(
        "Send a document: this one counts",
        f"{_call(way)} {_field(sample)} \\\n"
        f'  -H "Idempotency-Key: first-$(date +%s)" --data-binary @{sample.file} \\\n'
        f"  -o answer.json -w 'HTTP %{{http_code}}\\n' {way.base}/v1/documents\n"
        "cat answer.json",
        "HTTP 202 with the id of the message and our signed statement: it is kept. The same key again is no second "
        "document. An error is a `problem+json` that says who must act.",
    )


def _status(way: HttpWay) -> Example:
    return Example(
        "Ask what became of it",
        'MESSAGE=$(sed -n \'s/.*"message":"\\([^"]*\\)".*/\\1/p\' answer.json)\n'
        f'{_call(way)} "{way.base}/v1/messages/$MESSAGE"',
        "`state` and one entry for each thing that happened.",
    )


def _outbox(way: HttpWay) -> Example:
    return Example(
        "Fetch what lies ready for you",
        f"{_call(way)} '{way.base}/v1/outbox?wait=0&limit=1'",
        "`parcels`, each with its bytes in base64 under `content`. Acknowledge each at "
        '`POST /v1/outbox/ID/acknowledgement` with `{"verdict": "accepted"}`; until then it is offered again.',
    )


def _call(way: HttpWay) -> str:
    bound = f" {_proof()}" if way.binding == "certificate" else ""
    return f'curl -sS{bound} -H "Authorization: Bearer $TOKEN"'


def _proof() -> str:
    return f"--cert {CERTIFICATE} --key {KEY}"


def _field(sample: Sample) -> str:
    return f"-H {quote(f'Content-Type: {sample.media_type}')}"
