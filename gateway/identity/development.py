"""A token issuer for laptops, the demo and tests: Keycloak's addresses and token shapes, nothing of its care.

It knows one grant (client credentials), keeps its clients in a file (`development_clients.read_clients` documents
it), and refuses to exist outside development.
"""

import logging
import time
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientCredentialsGrant,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from gateway.identity.development_clients import REALMS, DevelopmentClient, RegisteredClient, read_clients
from gateway.identity.development_tokens import RealmSigner
from gateway.identity.dpop import read_proof, use_once
from gateway.identity.issuers import is_fetchable
from gateway.identity.refusals import PROOF_ALGORITHMS, Refused, refusal
from gateway.identity.replays import ProcessReplays

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger(__name__)
_MAX_BODY_BYTES: Final = 16_384
_DISCOVERY: Final = ".well-known/openid-configuration"
_CERTS: Final = "protocol/openid-connect/certs"
_TOKEN: Final = "protocol/openid-connect/token"  # noqa: S105 - a path, not a secret


class Answer(msgspec.Struct, frozen=True):
    """A JSON answer on its way out."""

    status: int
    body: dict[str, Any]
    headers: tuple[tuple[str, str], ...] = ()


class NotDevelopment(Exception):  # noqa: N818 - a refusal, not a defect
    """Someone tried to start the development issuer where real tokens are needed."""


def application(clients_file: Path, state: Path, base_url: str, environment: str) -> Application:
    """The issuer as an ASGI application, with the realms `partners`, `plants` and `corporate`.

    An issuer's name is `{base_url}/realms/{realm}`. `state` keeps the signing keys. Raises NotDevelopment unless
    `environment` is exactly `development`, BadClientsFile, and ValueError when `base_url` is neither https nor
    loopback.
    """
    if environment != "development":
        raise NotDevelopment(
            f"the development issuer runs only where the environment is `development`, and this is `{environment}`; "
            "configure the issuers of your Keycloak instead"
        )
    base_url = base_url.rstrip("/")
    if not is_fetchable(base_url, development=True):
        raise ValueError(f"the development issuer needs an address on loopback or https, not `{base_url}`")
    clients = read_clients(clients_file)
    realms: dict[str, Realm] = {
        name: Realm(RealmSigner(name, f"{base_url}/realms/{name}", state / "issuer"), clients[name]) for name in REALMS
    }
    _log.warning("development issuer at %s: its tokens must never be trusted by a production gateway", base_url)
    return _serving(realms)


class Realm:
    """One realm: its three addresses."""

    def __init__(self, signer: RealmSigner, clients: Mapping[str, DevelopmentClient]) -> None:
        self._signer = signer
        self._server = _TokenServer(signer, clients)
        self._replays = ProcessReplays()

    async def answer(self, path: str, scope: Scope, receive: Receive) -> Answer:
        """The answer to a request for `path` below the realm's own address."""
        method = scope["method"]
        if method == "GET" and path == _DISCOVERY:
            return Answer(200, self._discovery())
        if method == "GET" and path == _CERTS:
            return Answer(200, self._signer.published())
        if path != _TOKEN:
            return Answer(404, {"error": "not_found"})
        if method != "POST":
            return Answer(405, {"error": "method_not_allowed"}, (("allow", "POST"),))
        return await self._token(scope, receive)

    def _discovery(self) -> dict[str, Any]:
        issuer = self._signer.issuer
        return {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/{_TOKEN}",
            "jwks_uri": f"{issuer}/{_CERTS}",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": _ClientCredentials.TOKEN_ENDPOINT_AUTH_METHODS,
            "dpop_signing_alg_values_supported": list(PROOF_ALGORITHMS),
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    async def _token(self, scope: Scope, receive: Receive) -> Answer:
        form = await _read_form(receive)
        if form is None:
            return Answer(400, {"error": "invalid_request", "error_description": "the form cannot be read"})
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            proof_key = await self._proof_key(headers.get("dpop"))
        except Refused as refused:
            return Answer(400, {"error": "invalid_dpop_proof", "error_description": refusal(refused.code).text})
        request = _TokenRequest(f"{self._signer.issuer}/{_TOKEN}", form, headers, proof_key)
        answer: Answer = self._server.create_token_response(request)
        return answer

    async def _proof_key(self, header: str | None) -> str | None:
        if header is None:
            return None
        url = f"{self._signer.issuer}/{_TOKEN}"
        proof = read_proof(header, method="POST", url=url, token=None, now=time.time())
        await use_once(proof, self._replays)
        return proof.thumbprint


class _TokenRequest(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, uri: str, form: dict[str, str], headers: Mapping[str, str], proof_key: str | None) -> None:
        super().__init__("POST", uri, headers={"Authorization": _readable(headers.get("authorization", ""))})
        self.payload = BasicOAuth2Payload(form)
        self.proof_key = proof_key
        self._form = form

    @property
    def form(self) -> dict[str, str]:
        return self._form


def _readable(authorization: str) -> str:
    """The header, or nothing where Authlib would fall over credentials that are not UTF-8."""
    try:
        b64decode(authorization.partition(" ")[2]).decode()
    except ValueError:  # UnicodeDecodeError and binascii.Error are ValueErrors
        return ""
    return authorization


class _ClientCredentials(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib ships no types
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]  # noqa: RUF012 - Authlib's own form

    def generate_token(self, *_: Any, **__: Any) -> dict[str, Any]:
        client: RegisteredClient = self.request.client
        asked = set((self.request.payload.scope or "").split())
        if not asked <= set(client.entry.scopes):
            raise InvalidScopeError
        if client.entry.require_dpop and self.request.proof_key is None:
            raise InvalidRequestError("DPoP proof is missing")
        scope = client.get_allowed_scope(self.request.payload.scope)
        return {
            "access_token": self.server.signer.access_token(client.entry, scope, self.request.proof_key),
            "expires_in": client.entry.lifetime_seconds,
            "refresh_expires_in": 0,
            "token_type": "DPoP" if self.request.proof_key else "Bearer",
            "not-before-policy": 0,
            "scope": scope,
        }


class _TokenServer(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, signer: RealmSigner, clients: Mapping[str, DevelopmentClient]) -> None:
        super().__init__()
        self.signer = signer
        self._clients = {name: RegisteredClient(entry) for name, entry in clients.items()}
        self.register_grant(_ClientCredentials)

    def query_client(self, client_id: str) -> RegisteredClient | None:
        return self._clients.get(client_id)

    def save_token(self, token: dict[str, Any], request: _TokenRequest) -> None:
        """Nothing is kept: the token is its own record."""

    def send_signal(self, name: str, *_: Any, **__: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: _TokenRequest) -> _TokenRequest:
        return request

    def handle_response(self, status: int, body: dict[str, Any], headers: list[tuple[str, str]]) -> Answer:
        return Answer(status, body, tuple(headers))


async def _read_form(receive: Receive) -> dict[str, str] | None:
    """The fields of the form; None when it is too large, not a form, or names a field twice (RFC 6749 section 3.2)."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _MAX_BODY_BYTES:
            return None
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=32)
    except ValueError:
        return None
    form = dict(pairs)
    return form if len(form) == len(pairs) else None


def _serving(realms: Mapping[str, Realm]) -> Application:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await _send(send, await _route(realms, scope, receive))

    return serve


async def _route(realms: Mapping[str, Realm], scope: Scope, receive: Receive) -> Answer:
    start, _, rest = scope["path"].removeprefix("/realms/").partition("/")
    realm = realms.get(start) if scope["path"].startswith("/realms/") else None
    if realm is None:
        return Answer(404, {"error": "Realm does not exist"})
    return await realm.answer(rest, scope, receive)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _send(send: Send, answer: Answer) -> None:
    body = msgspec.json.encode(answer.body)
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    headers |= {name.lower(): value for name, value in answer.headers}
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    encoded.append((b"content-length", str(len(body)).encode("ascii")))
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
