"""Every gateway says which rules it runs; sums of a candidate's differences add up over gateways."""

import asyncio

from gateway.identifiers import new_message_id
from gateway.ledger.database import open_pool
from gateway.ledger.ledger import Ledger
from gateway.ledger.payloads import Payloads
from gateway.ledger.sealing import Sealer
from gateway.ledger.watching import Difference, GatewayReport


async def test_each_gateway_is_told_what_all_of_them_run(ledger: Ledger, database: str, sealer: Sealer) -> None:
    other = Ledger(await open_pool(database), Payloads(sealer), "other")
    await ledger.report_gateway(GatewayReport(revision="sha256:a", number=7, problems=0))
    everybody = await other.report_gateway(GatewayReport(revision="sha256:b", number=8, problems=2, candidate="c"))
    assert [(one.id, one.revision, one.number, one.problems, one.candidate, one.runs) for one in everybody] == [
        ("other", "sha256:b", 8, 2, "c", True),
        ("tester", "sha256:a", 7, 0, None, True),
    ]
    await ledger.report_gateway(GatewayReport(revision="sha256:b", number=8, problems=0))
    assert {one.revision for one in await ledger.gateways()} == {"sha256:b"}
    await other.close()


async def test_a_gateway_that_is_silent_does_not_run_and_is_forgotten_later(ledger: Ledger) -> None:
    await ledger.report_gateway(GatewayReport(revision="sha256:a", number=None, problems=0))
    for age, shown in (("31 seconds", True), ("61 minutes", False)):
        await ledger._pool.execute(
            "insert into gateways (id, revision, problems, seen_at)"
            f" values ('gone', 'sha256:a', 0, now() - interval '{age}')"
            " on conflict (id) do update set seen_at = excluded.seen_at"
        )
        everybody = await ledger.report_gateway(GatewayReport(revision="sha256:a", number=None, problems=0))
        assert [one.id for one in everybody if not one.runs] == (["gone"] if shown else [])


async def test_differences_of_several_gateways_add_up(ledger: Ledger) -> None:
    example = new_message_id()
    one = Difference(
        sender="aurora", change="refused", rule="limits `slow` (limits.yaml:5)", messages=3, example=example
    )
    two = Difference(sender="kiesel", change="accepted", rule="access `more` (access.yaml:9)", messages=1)
    for differences in ((one, two), (two, one), (two,)):
        await ledger.add_shadow("sha256:b", "sha256:a", judged=10, skipped=1, differences=differences)
    await asyncio.gather(
        *(ledger.add_shadow("sha256:b", "sha256:a", judged=1, skipped=0, differences=(two, one)) for _ in range(10))
    )
    (run,) = await ledger.shadow_runs()
    assert (run.candidate, run.live, run.judged, run.skipped) == ("sha256:b", "sha256:a", 40, 3)
    assert [(d.sender, d.messages, d.example) for d in run.differences] == [
        ("aurora", 36, example),
        ("kiesel", 13, None),
    ]
