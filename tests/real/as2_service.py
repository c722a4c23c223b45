"""The running service with one partner whose AS2 is a foreign product: server, worker and Odoo's stand-in."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

from faults.facing import WERRA, Odoo, Side, settings_of, stop_all
from faults.ground import free_port
from support.as2_keys import Holder
from support.cutting import CuttingProxy

from gateway.cli.demo.documents import Documents
from gateway.cli.demo.partner_files import PartnerFiles
from gateway.settings import PACKAGED

NAMES = {"theirs: WERRA-EDI": "theirs: nordwind-edi", "ours: BERGMANN": "ours: WERK-ULM"}
_SAID = """
with last as (select message from as2_received order by received_at desc limit 1),
parcel as (select p.* from parcels p join parcel_members m on m.parcel = p.id join last on m.message_id = last.message)
select (select count(*) = 2 and bool_and(state = 'delivered') from parcel)
   and (select bool_and(s.state = 'receipted') from as2_sent s join parcel on s.parcel = parcel.id)
   and (select bool_and(a.state = 'accepted') from acknowledgements a join last on a.message_id = last.message)
   and not exists (select from as2_replies where sent_at is null) as said
"""
SEND = 'send: {url: "-"}'


@dataclass
class Service:
    """`url` is where the partner sends to. `profile` says how it is sent to, and may be changed by each test."""

    side: Side
    odoo: Odoo
    profile: Path
    orders: int = 0

    @property
    def url(self) -> str:
        return f"{self.side.proxy.url}/as2"

    def next_order(self, *, plain: bool = False) -> tuple[str, bytes]:
        """Its number, and the interchange as the partner has it; a `plain` one has no characters beyond ASCII."""
        self.orders += 1
        documents = Documents(f"{self.orders:012}")
        content = documents.order_of("-R", WERRA).content
        return documents.order_number("-R"), bytes(byte if byte < 128 or not plain else 120 for byte in content)

    def let(self, send: str, *receipt_urls: str) -> None:
        """How we send to the partner, and where our receipts may go."""
        text = self.profile.read_text()
        begins, ends = text.index("  receipt_urls:"), text.index("edifact:")
        urls = ", ".join(f'"{url}"' for url in receipt_urls)
        self.profile.write_text(f"{text[:begins]}  receipt_urls: [{urls}]\n  send: {send}\n{text[ends:]}")
        time.sleep(2.0)  # a process looks every 0.4 s

    async def answered(self, number: str, seconds: float = 60) -> None:
        """Waits until the order is a sale order and every answer to it is with the partner; then all holds."""
        deadline = time.monotonic() + seconds
        while not self.odoo.sold(number) or not await self._all_said():
            assert time.monotonic() < deadline, self.side.logs()[-4000:]
            await asyncio.sleep(0.2)
        assert [one["state"] for one in self.odoo.sold(number)] == ["sale"]
        assert self.side.command("audit", "verify")["problem"] is None

    async def _all_said(self) -> bool:
        """Both answers to the last message are with the partner, and its receipt."""
        (row,) = await self.side.rows(_SAID)
        return bool(row["said"])


@contextmanager
def service(folder: Path, database: str, counters: str, us: Holder, them: Holder) -> Iterator[Service]:
    """Until it is left. `us` and `them` are the keys of both."""
    with ExitStack() as stack:
        proxy = stack.enter_context(CuttingProxy(free_port()))
        files = PartnerFiles(folder / "partners", folder / "partner-keys", folder / "theirs")
        files.write("-")
        for place, content in (
            (files.ours / "bergmann.key", us.key_pem), (files.ours / "bergmann.crt", us.pem),
            (files.folder / "certificates" / "werra.pem", them.pem),
        ):  # fmt: skip
            place.write_bytes(content)
        profile = files.folder / "profiles" / "werra.yaml"
        text = profile.read_text().replace(SEND, 'receipt_urls: []\n  send: {url: "http://127.0.0.1:1/"}')
        for old, new in NAMES.items():
            assert old in text
            text = text.replace(old, new)
        profile.write_text(text)
        copytree(PACKAGED / "policies" / "rules", folder / "rules")
        odoo = Odoo(folder)
        settings = settings_of(folder, proxy, files.ours, database, counters)
        side = Side("bergmann", folder, proxy, settings | odoo.environment)
        stack.callback(stop_all, [odoo.process, side.server, side.worker])
        odoo.process.start()
        side.start()
        odoo.wait_until_listens()
        side.wait_until_ready()
        yield Service(side, odoo, profile)
