"""The AS2 channel as it is served, with a partner that has keys of its own at the other end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct
from msgspec.structs import replace
from support.serving import Served, serving

from gateway.channels.as2.building import Built, Outgoing, build
from gateway.channels.as2.hearing import Heard, open_receipt
from gateway.channels.as2.mime import outermost
from gateway.channels.as2.relation import Relation
from gateway.channels.as2.windows import Spools, held
from gateway.cli.demo.partner_files import PartnerFiles
from gateway.ledger.ledger import Ledger

URL = "http://127.0.0.1:4080/as2"


class As2World(Struct, frozen=True):
    """`theirs` gives the relation as the partner `werra` has it."""

    served: Served
    files: PartnerFiles

    def theirs(self, **agreed: Any) -> Relation:
        relation = self.files.werra()()
        send = relation.agreed.send
        assert send is not None
        return replace(relation, agreed=replace(relation.agreed, send=replace(send, **agreed)))

    def profile(self, old: str, new: str) -> None:
        """Change Werra's profile here, at once."""
        path = self.files.folder / "profiles" / "werra.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        assert self.served.intake._partners.reload()

    def built(self, content: bytes, message_id: str, *, receipt_url: str = "", **agreed: Any) -> Built:
        return build(outgoing(content, message_id, receipt_url), self.theirs(**agreed))

    async def post(self, built: Built, **changed: str | None) -> httpx.Response:
        """Header fields by their names with `_`; None leaves one out."""
        fields = {name.lower(): value for name, value in built.headers}
        for name, value in changed.items():
            fields[name.replace("_", "-")] = value  # type: ignore[assignment]
        headers = {name: value for name, value in fields.items() if value is not None}
        return await self.served.client.post("/as2", content=built.body, headers=headers)

    def receipt(self, answer: httpx.Response) -> Heard:
        """Opened as the partner does. Raises Unacceptable."""
        with Spools() as spools:
            return open_receipt(outermost(answer.headers.items(), held(answer.content)), self.theirs(), spools)


def outgoing(content: bytes, message_id: str, receipt_url: str = "") -> Outgoing:
    return Outgoing(
        message_id=message_id, content=content, media_type="application/edifact", file_name="order.edi",
        receipt_url=receipt_url,
    )  # fmt: skip


@asynccontextmanager
async def as2_world(ledger: Ledger, folder: Path, **limits: Any) -> AsyncIterator[As2World]:
    async with serving(ledger, folder, **limits) as served:
        files = PartnerFiles(folder / "partners", folder / "partner-keys", folder / "theirs")
        files.write(URL)
        profile = files.folder / "profiles" / "werra.yaml"  # it gives the shipped order, in the name that stands there
        profile.write_text(profile.read_text().replace('{id: "4098765000027"', '{id: "4012345000009"', 1))
        assert served.intake._partners.reload()
        yield As2World(served, files)
