"""AS2 with a partner: their address, the keys of both sides, and with `send` a test document and its receipt."""

import asyncio
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from gateway.channels.as2.building import Outgoing, build
from gateway.channels.as2.hearing import MOST_RECEIPT, open_receipt
from gateway.channels.as2.mime import outermost
from gateway.channels.as2.receipts import Accepted, Expected, Worthless, judge_receipt
from gateway.channels.as2.refusing import Unacceptable
from gateway.channels.as2.relation import Relation
from gateway.channels.as2.stations import Stations
from gateway.channels.as2.windows import Spools, held
from gateway.egress.client import Answer, Egress, NoAnswer
from gateway.egress.guard import Forbidden
from gateway.identifiers import new_message_id
from gateway.ledger.parcels import Made
from gateway.probing.outgoing import agreement_to_try, test_document
from gateway.probing.rehearsal import rehearsed
from gateway.probing.steps import Attempt, Failed, NotTried
from gateway.settings import Settings
from gateway.welcome.samples import NoSample
from partners.directory import Directory
from partners.ownkeys import OwnKeys
from partners.profile import Partner
from policies.masking import Masking


class As2Probing(Struct, frozen=True):
    settings: Settings
    directory: Directory
    partner: Partner
    egress: Egress
    masking: Masking
    at: datetime
    send: bool

    def attempts(self) -> list[tuple[str, Attempt]]:
        sends = self.partner.as2 is not None and self.partner.as2.send is not None
        found: list[tuple[str, Attempt]] = [("signature", self._signature)]
        return [*found, ("connection", self._connection), ("receipt", self._receipt)] if sends else found

    async def _signature(self) -> str:
        """Nothing is sent."""
        probes = await asyncio.to_thread(lambda: list(rehearsed(self._stations, self.partner, self.at)))
        failed = [one for one in probes if one.outcome == "fails"]
        if failed:
            raise Failed("us", "; ".join(f"{one.what}: {one.why}" for one in failed))
        return "; ".join(one.what for one in probes) or "nothing is signed and nothing is encrypted by what is agreed"

    async def _connection(self) -> str:
        url = self._relation.agreed.send.url if self._relation.agreed.send is not None else ""
        try:
            await self.egress.connect(url, trust=self._stations.trust(self.partner.id, self.at))
        except NoAnswer as silent:
            raise whose(silent) from None
        return f"{url} takes connections"

    async def _receipt(self) -> str:
        if not self.send:
            raise NotTried("with --send a test document is sent, and its receipt is held against it")
        made = self._made()
        relation, agreed = self._relation, self._relation.agreed
        assert agreed.send is not None
        if agreed.send.receipt == "none":
            raise NotTried("no receipt is agreed for what we send")
        at_once = replace(relation, agreed=replace(agreed, send=replace(agreed.send, receipt="sync")))
        message_id = f"<self-test-{new_message_id()}@{self.settings.public_host}>"
        outgoing = Outgoing(message_id=message_id, content=made.content, media_type=made.media_type,
                            file_name=made.file_name, receipt_url="")  # fmt: skip
        try:
            built = await asyncio.to_thread(build, outgoing, at_once)
            answer = await self.egress.post(
                agreed.send.url, built.body, dict(built.headers), most_answer=MOST_RECEIPT,
                trust=self._stations.trust(self.partner.id, self.at),
            )  # fmt: skip
        except Unacceptable as refused:
            raise Failed("us", refused.detail) from None
        except NoAnswer as silent:
            raise whose(silent) from None
        expected = Expected(message_id, built.mics, agreed.send.receipt_signed)
        return await asyncio.to_thread(_judged, answer, at_once, expected)

    def _made(self) -> Made:
        agreement = agreement_to_try(self.partner, "as2", self.at)
        if agreement is None:
            raise NotTried("nothing is agreed to be sent over AS2 in a format that can say it is a test")
        try:
            maps = self.settings.partners / "maps"
            return test_document(self.directory, self.partner, agreement, self.masking, maps, self.at)
        except NoSample as reason:
            raise NotTried(str(reason)) from None

    @property
    def _stations(self) -> Stations:
        return Stations(lambda: self.directory, OwnKeys(self.settings.partner_keys))

    @property
    def _relation(self) -> Relation:
        return self._stations.towards(self.partner, self.at)


def whose(silent: NoAnswer) -> Failed:
    """Nobody answers: theirs to mend, unless it is we who do not go there."""
    ours = isinstance(silent.__cause__, Forbidden) and "GATEWAY_EGRESS_NETWORKS" in silent.why
    return Failed("us" if ours else "partner", silent.why)


def _judged(answer: Answer, relation: Relation, expected: Expected) -> str:
    """Raises Failed."""
    if not 200 <= answer.status < 300:
        raise Failed("partner", f"their server answers HTTP {answer.status}")
    outer = outermost([(name.lower(), value) for name, value in answer.headers], held(answer.content))
    with Spools() as spools:
        try:
            heard = open_receipt(outer, relation, spools)
        except Unacceptable as refused:
            raise Failed("partner", f"their answer is no receipt: {refused.detail}") from None
    judged = judge_receipt(heard.mdn, expected, verified=heard.verified)
    if isinstance(judged, Accepted):
        signed = "signed and " if heard.verified else ""
        return f"a test document was sent; their receipt is {signed}for just its content: {heard.mdn.disposition}"
    text = f"it does not count: {judged.why}" if isinstance(judged, Worthless) else judged.text
    raise Failed("partner", f"their receipt: {text}")
