"""Callers of the story: a partner or a plant with a token of its own, and somebody who looks into Odoo."""

import time
from collections.abc import Mapping
from typing import Any

import httpx

from gateway.cli.demo.documents import Content
from gateway.cli.demo.house import House
from gateway.cli.demo.secret_files import ODOO
from gateway.cli.demo.telling import NotAsTold, expect

TOKEN_SECONDS = 240
"""A token of the development issuer lives 300."""


class Caller:
    """One OAuth client. `realm` is `partners` or `plants`."""

    def __init__(self, house: House, realm: str, client: str) -> None:
        self.client = client
        self._house, self._realm = house, realm
        self._http = httpx.Client(base_url=house.gateway, timeout=30.0)
        self._token, self._fetched_at = "", -TOKEN_SECONDS

    def token(self) -> str:
        if time.monotonic() - self._fetched_at > TOKEN_SECONDS or not self._token:
            answer = self._http.post(
                self._house.token_url(self._realm),
                auth=(self.client, self._house.secrets.read(self.client)),
                data={"grant_type": "client_credentials"},
            )
            expect(f"the issuer's answer to {self.client}", 200, answer.status_code)
            self._token, self._fetched_at = answer.json()["access_token"], int(time.monotonic())
        return self._token

    def send(self, what: Content, path: str = "/v1/documents", **headers: str) -> httpx.Response:
        return self._http.post(
            path, content=what.content, headers=self._head({"Content-Type": what.media_type} | headers)
        )

    def read(self, path: str) -> httpx.Response:
        return self._http.get(path, headers=self._head({}))

    def accepted(self, what: Content, path: str = "/v1/documents") -> dict[str, Any]:
        """Send it and expect the 202 with its receipt."""
        answer = self.send(what, path)
        if answer.status_code != 202:
            raise NotAsTold(f"the answer to {self.client}", "202", f"{answer.status_code} {answer.text[:2000]}")
        receipt: dict[str, Any] = answer.json()
        missing = {"message", "status", "receipt", "statement", "leaf"} - set(receipt)
        expect("what the receipt lacks", set(), missing)
        return receipt

    def message(self, message_id: str) -> dict[str, Any]:
        """What the gateway says of a message; comes again when told to."""
        answer = self.read(f"/v1/messages/{message_id}")
        while answer.status_code == 429:
            time.sleep(int(answer.headers["Retry-After"]))
            answer = self.read(f"/v1/messages/{message_id}")
        expect(f"the answer to a question about message {message_id}", 200, answer.status_code)
        told: dict[str, Any] = answer.json()
        return told

    def wait_for(self, message_id: str, state: str, *, seconds: float = 60.0) -> dict[str, Any]:
        """The message once it is in `state`."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.message(message_id)
            if message["state"] == state:
                return message
            if time.monotonic() > deadline or message["state"] == "needs attention":
                seen = f"{message['state']}: {[_in_short(one) for one in message.get('deliveries', [])]}"
                raise NotAsTold(f"the state of message {message_id} within {seconds:.0f} s", state, seen)
            time.sleep(0.05)

    def close(self) -> None:
        self._http.close()

    def _head(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}", **headers}


class OdooReader:
    """Reads the stand-in over Odoo's own protocol, beside the gateway."""

    def __init__(self, house: House) -> None:
        self._http = httpx.Client(base_url=house.odoo, timeout=30.0)
        self._key = house.secrets.read(ODOO)

    def search(self, model: str, domain: list[Any], fields: list[str], **more: Any) -> list[dict[str, Any]]:
        answer = self._http.post(
            f"/json/2/{model}/search_read",
            json={"domain": domain, "fields": fields, **more},
            headers={"Authorization": f"bearer {self._key}"},
        )
        expect(f"Odoo's answer about {model}", 200, answer.status_code)
        found: list[dict[str, Any]] = answer.json()
        return found

    def plan_production(self, number: str, product: str, quantity: float) -> None:
        """A manufacturing order, as our planners would enter it."""
        seed = {"productions": [{"name": number, "product": product, "quantity": quantity}]}
        expect("the stand-in's answer to a new manufacturing order", 200,
               self._http.post("/standin/seed", json=seed).status_code)  # fmt: skip

    def close(self) -> None:
        self._http.close()


def _in_short(delivery: Mapping[str, Any]) -> str:
    words = (delivery["destination"], delivery["state"], delivery.get("cause"), delivery.get("last_error"))
    return " ".join(str(word) for word in words if word)
