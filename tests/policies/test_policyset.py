"""What the shipped rules say to each kind of sender, and what every verdict carries."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.changed_rules import added, edited

from policies.charges import Pace
from policies.facts import DocumentFacts, RequestFacts
from policies.loading import PolicySet, load
from policies.routing import Route
from policies.verdicts import Allowed, Refused

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

PARTNER = RequestFacts(
    sender_kind="partner",
    sender="nordlicht",
    client="nordlicht-edi",
    roles=frozenset({"orders.send"}),
    plan="standard",
    at=NOW,
)
PLANT = RequestFacts(
    sender_kind="plant", sender="salzungen", client="salzungen-mes", roles=frozenset({"production.confirm"}), at=NOW
)
OPERATOR = RequestFacts(
    sender_kind="corporate", sender="corporate", client="console", roles=frozenset({"operator"}), at=NOW
)
ORDER = DocumentFacts(
    request=PARTNER,
    format="edifact",
    name="ORDERS",
    version="D.96A",
    document_type="purchase_order",
    size=2_000,
    lines=3,
)
ADVICE = DocumentFacts(
    request=replace(PARTNER, sender="stahlhof", roles=frozenset({"despatch.send"})),
    format="xml",
    name="DespatchAdvice",
    version="2.1",
    document_type="despatch_advice",
    size=4_000,
    lines=2,
    plant="salzungen",
)
CONFIRMATION = DocumentFacts(
    request=PLANT,
    format="json",
    name="production_confirmation",
    version="1",
    document_type="production_confirmation",
    size=900,
    plant="salzungen",
)


def refusal(verdict: object) -> Refused:
    assert isinstance(verdict, Refused)
    return verdict


def ways(routes: tuple[Route, ...] | Refused) -> tuple[Route, ...]:
    assert not isinstance(routes, Refused)
    return routes


@pytest.mark.parametrize("facts", [PARTNER, PLANT, OPERATOR], ids=["partner", "plant", "corporate"])
def test_a_sender_with_its_role_is_admitted_by_a_named_rule_of_this_revision(
    shipped: PolicySet, facts: RequestFacts
) -> None:
    verdict = shipped.admit(facts)
    assert isinstance(verdict, Allowed)
    assert verdict.rule is not None
    assert verdict.rule.file == "access.yaml"
    assert verdict.rule.line > 1
    assert verdict.revision == shipped.revision


@pytest.mark.parametrize("facts", [PARTNER, PLANT, OPERATOR], ids=["partner", "plant", "corporate"])
def test_a_sender_without_a_role_is_told_which_one_to_ask_for(shipped: PolicySet, facts: RequestFacts) -> None:
    refused = refusal(shipped.admit(replace(facts, roles=frozenset())))
    assert refused.code == "access.not_granted"
    assert refused.text == f"no rule lets this {facts.sender_kind} use the API"
    assert refused.act.startswith("ask for the role `")
    assert refused.revision == shipped.revision


def test_the_role_of_another_kind_of_sender_opens_nothing(shipped: PolicySet) -> None:
    everything = frozenset({"orders.send", "despatch.send", "production.confirm", "operator"})
    assert refusal(shipped.judge(replace(CONFIRMATION, request=replace(PARTNER, roles=everything))))
    assert refusal(shipped.judge(replace(ORDER, request=replace(PLANT, roles=everything))))


@pytest.mark.parametrize("facts", [ORDER, ADVICE, CONFIRMATION], ids=lambda facts: facts.document_type)
def test_the_three_documents_of_the_first_day_may_be_sent(shipped: PolicySet, facts: DocumentFacts) -> None:
    verdict = shipped.judge(facts)
    assert isinstance(verdict, Allowed)
    assert verdict.revision == shipped.revision


def test_a_distributor_may_not_send_a_despatch_advice(shipped: PolicySet) -> None:
    refused = refusal(shipped.judge(replace(ADVICE, request=PARTNER)))
    assert (refused.code, refused.text, refused.act) == (
        "access.not_granted",
        "no rule lets this partner send `despatch_advice`",
        "ask for the role `despatch.send`",
    )


@pytest.mark.parametrize(("plant", "words"), [("dresden", "that plant"), (None, "a plant we do not know")])
def test_a_plant_confirms_its_own_production_only(shipped: PolicySet, plant: str | None, words: str) -> None:
    refused = refusal(shipped.judge(replace(CONFIRMATION, plant=plant)))
    assert refused.code == "access.not_granted"
    assert refused.text == f"no rule lets this plant send `production_confirmation` for {words}"


def test_a_retired_api_version_says_where_to_go(shipped: PolicySet) -> None:
    refused = refusal(shipped.admit(replace(PARTNER, api_version="v0")))
    assert (refused.code, refused.text, refused.act) == (
        "version.retired",
        "API version `v0` is retired since 2026-09-30",
        "use `v1`; see /docs/moving-from-v0-to-v1",
    )
    assert refused.fields == (
        ("Deprecation", "@1772323200"),
        ("Sunset", "Wed, 30 Sep 2026 23:59:59 GMT"),
        (
            "Link",
            '</docs/moving-from-v0-to-v1>; rel="deprecation", </docs/moving-from-v0-to-v1>; rel="sunset", '
            '</v1>; rel="successor-version"',
        ),
    )
    assert refused.rule.name == "api-v0"


def test_a_version_nobody_published_is_refused_with_those_that_are(shipped: PolicySet) -> None:
    refused = refusal(shipped.admit(replace(PARTNER, api_version="v9")))
    assert (refused.code, refused.text, refused.act) == (
        "version.unknown",
        "there is no API version `v9`",
        "use `v1`",
    )
    assert refused.rule.line == 0


def test_a_document_version_without_a_rule_is_refused_with_those_we_take(shipped: PolicySet) -> None:
    refused = refusal(shipped.judge(replace(ORDER, version="D.01B")))
    assert (refused.code, refused.text, refused.act) == (
        "version.document_unknown",
        "no rule accepts `edifact ORDERS D.01B`",
        "send ORDERS in version `D.96A`",
    )


def test_a_sender_no_limit_covers_is_refused(shipped: PolicySet) -> None:
    refused = refusal(shipped.admit(replace(PARTNER, plan="gold")))
    assert (refused.code, refused.text) == (
        "limit.none_applies",
        "no limit covers plan `gold`, and nobody is unlimited",
    )


def test_a_document_too_large_is_refused_by_its_tightest_cap(shipped: PolicySet) -> None:
    trial = replace(ORDER, request=replace(PARTNER, plan="trial"), lines=20_001, size=11 * 1024 * 1024)
    refused = refusal(shipped.judge(trial))
    assert (refused.code, refused.rule.name, refused.text) == (
        "limit.too_large",
        "trial-lines",
        "the document has 20001 lines; at most 100 are allowed",
    )
    refused = refusal(shipped.judge(replace(ORDER, size=10 * 1024 * 1024 + 1)))
    assert refused.text == "the document has 10485761 bytes; at most 10 MiB are allowed"
    assert isinstance(shipped.judge(replace(ORDER, size=10 * 1024 * 1024, lines=20_000)), Allowed)


def test_plans_have_the_rates_their_rules_say(shipped: PolicySet) -> None:
    (trial,) = shipped.charges(replace(PARTNER, plan="trial"))
    assert (trial.measure, trial.announcement) == (Pace(200_000, 10), '"trial-requests";q=10;w=2')
    (standard,) = shipped.charges(PARTNER)
    assert (standard.measure, standard.key) == (Pace(200, 5_000), "{partner:nordlicht}:standard-requests")


def test_all_credentials_of_a_partner_share_one_count(shipped: PolicySet) -> None:
    (one,), (other,) = shipped.charges(PARTNER), shipped.charges(replace(PARTNER, client="another"))
    assert one.key == other.key


def test_a_plant_named_like_a_partner_has_counts_of_its_own(shipped: PolicySet) -> None:
    (partner,), (plant,) = shipped.charges(PARTNER), shipped.charges(replace(PLANT, sender="nordlicht"))
    assert partner.key != plant.key


def test_documents_go_where_the_rules_say(shipped: PolicySet) -> None:
    routes = [ways(shipped.routes(facts))[0] for facts in (ORDER, ADVICE, CONFIRMATION)]
    assert [(r.destination, r.operation, r.ordering_key, r.when_parked) for r in routes] == [
        ("odoo", "sale_order.create_confirmed", ("sender",), "pass"),
        ("plant:salzungen", "inbox.put", ("sender",), "pass"),
        ("odoo", "production.confirm", ("site", "order"), "hold"),
    ]
    assert routes[0].attempts == "10s, 1m, 5m, 30m, 2h, 6h, 12h"
    assert routes[0].waits == (10, 60, 300, 1_800, 7_200, 21_600, 43_200)


def test_a_document_for_a_plant_we_do_not_know_has_no_route(shipped: PolicySet) -> None:
    assert refusal(shipped.routes(replace(ADVICE, plant=None))).code == "routing.no_route"


def test_a_document_of_no_route_goes_nowhere(shipped: PolicySet) -> None:
    refused = refusal(shipped.routes(replace(ORDER, document_type="invoice")))
    assert (refused.code, refused.text) == (
        "routing.no_route",
        "no routing rule says where a invoice for this place goes",
    )


def test_the_same_files_have_the_same_revision_and_any_other_byte_another(rules: Path) -> None:
    before = load(rules).revision
    assert before == load(rules).revision
    assert before.startswith("sha256:")
    schema = rules / "schemas" / "purchase_order.1.json"
    schema.write_text(schema.read_text() + "\n")
    after = load(rules).revision
    assert after != before
    (rules / "limits.yaml").write_text((rules / "limits.yaml").read_text() + "# a remark\n")
    assert load(rules).revision not in (before, after)


def test_asking_many_senders_changes_no_answer(shipped: PolicySet) -> None:
    for number in range(300):
        partner = replace(PARTNER, sender=f"partner-{number}", client=f"client-{number}")
        assert shipped.charges(partner)[0].key == f"{{partner:partner-{number}}}:standard-requests"
        assert isinstance(shipped.judge(replace(ORDER, request=partner)), Allowed)
    assert refusal(shipped.judge(replace(ORDER, request=replace(PARTNER, sender="partner-7", roles=frozenset()))))


DENY = """
- name: no-orders-from-nordlicht
  why: payment is late
  mode: enforce
  effect: deny
  may: send
  senders: [partner]
  partners: [nordlicht]
  documents: [purchase_order]
"""


def test_a_deny_beats_every_grant(rules: Path) -> None:
    policy = added(rules, "access.yaml", DENY)
    refused = refusal(policy.judge(ORDER))
    assert (refused.code, refused.rule.name, refused.text) == (
        "access.denied",
        "no-orders-from-nordlicht",
        "rule `no-orders-from-nordlicht` does not allow it",
    )
    assert isinstance(policy.judge(replace(ORDER, request=replace(PARTNER, sender="aurora"))), Allowed)


def test_a_deny_that_only_observes_is_told_and_refuses_nothing(rules: Path) -> None:
    verdict = added(rules, "access.yaml", DENY.replace("enforce", "observe")).judge(ORDER)
    assert isinstance(verdict, Allowed)
    assert [ref.name for ref in verdict.observed] == ["no-orders-from-nordlicht"]
    assert verdict.revision


def test_a_deny_for_a_plant_also_meets_a_document_whose_plant_is_unknown(rules: Path) -> None:
    rule = DENY.replace("[purchase_order]", "[despatch_advice]\n  plants: [dresden]").replace("nordlicht]", "stahlhof]")
    policy = added(rules, "access.yaml", rule)
    assert refusal(policy.judge(replace(ADVICE, plant="dresden"))).code == "access.denied"
    assert refusal(policy.judge(replace(ADVICE, plant=None))).code == "access.denied"
    assert isinstance(policy.judge(ADVICE), Allowed)


def test_a_grant_that_only_observes_grants_nothing(rules: Path) -> None:
    before = "- name: distributors-send-orders\n  why: a distributor orders from us; the role comes with the contract\n"
    policy = edited(rules, "access.yaml", f"{before}  mode: enforce", f"{before}  mode: observe")
    assert refusal(policy.judge(ORDER)).code == "access.not_granted"


def test_a_grant_holds_between_from_and_until_and_not_a_moment_longer(rules: Path) -> None:
    window = (
        "may: send\n  from: 2026-11-01\n  until: 2026-12-01T00:00+01:00\n  senders: [partner]\n  roles: [orders.send]"
    )
    policy = edited(rules, "access.yaml", "may: send\n  senders: [partner]\n  roles: [orders.send]", window)
    end = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)

    def at(moment: datetime) -> Allowed | Refused:
        return policy.judge(replace(ORDER, request=replace(PARTNER, at=moment)))

    assert isinstance(at(datetime(2026, 11, 1, tzinfo=UTC)), Allowed)
    assert isinstance(at(end - timedelta(microseconds=1)), Allowed)
    assert refusal(at(end)).code == "access.not_granted"
    assert refusal(at(datetime(2026, 10, 31, 23, 59, tzinfo=UTC))).code == "access.not_granted"


@pytest.mark.parametrize(
    ("condition", "lacking", "having", "advice"),
    [
        (
            "scopes: [orders:write]",
            {"scopes": frozenset()},
            {"scopes": frozenset({"orders:write", "x"})},
            "ask for a token with the scope `orders:write`",
        ),
        (
            "bindings: [dpop, certificate]",
            {"binding": "none"},
            {"binding": "dpop"},
            "use a token bound by dpop or certificate",
        ),
        ("channels: [as2]", {"channel": "http"}, {"channel": "as2"}, "send over as2"),
    ],
)
def test_a_grant_with_a_condition_is_given_to_those_who_meet_it(
    rules: Path, condition: str, lacking: dict[str, str], having: dict[str, str], advice: str
) -> None:
    grant = "  roles: [orders.send]\n  documents: [purchase_order]"
    policy = edited(rules, "access.yaml", grant, f"{grant}\n  {condition}")
    refused = refusal(policy.judge(replace(ORDER, request=replace(PARTNER, **lacking))))
    assert (refused.code, refused.act) == ("access.not_granted", advice)
    assert isinstance(policy.judge(replace(ORDER, request=replace(PARTNER, **having))), Allowed)


def test_a_version_that_ends_says_so_and_retires_by_itself(rules: Path) -> None:
    ending = "state: deprecated\n  deprecated_from: 2026-11-01\n  sunset: 2027-06-30T22:00Z\n  information: /docs/v2"
    policy = edited(rules, "versions.yaml", "api: v1\n  state: active", f"api: v1\n  {ending}")
    fields = (
        ("Deprecation", "@1793491200"),
        ("Sunset", "Wed, 30 Jun 2027 22:00:00 GMT"),
        ("Link", '</docs/v2>; rel="deprecation", </docs/v2>; rel="sunset"'),
    )
    assert policy.admit(PARTNER) == Allowed(policy.admit(PARTNER).rule, fields, (), policy.revision)
    after = refusal(policy.admit(replace(PARTNER, at=datetime(2027, 6, 30, 22, tzinfo=UTC))))
    assert (after.code, after.act, after.fields) == ("version.retired", "see /docs/v2", fields)


def test_a_preview_is_open_to_those_invited(rules: Path) -> None:
    policy = edited(
        rules, "versions.yaml", "api: v1\n  state: active", "api: v1\n  state: preview\n  open_to: [aurora]"
    )
    refused = refusal(policy.admit(PARTNER))
    assert (refused.code, refused.text) == ("version.not_open", "API version `v1` is a preview")
    assert isinstance(policy.admit(replace(PARTNER, sender="aurora")), Allowed)


def test_a_retirement_that_only_observes_lets_through_and_tells(rules: Path) -> None:
    policy = edited(rules, "versions.yaml", "summer 2026\n  mode: enforce", "summer 2026\n  mode: observe")
    verdict = policy.admit(replace(PARTNER, api_version="v0"))
    assert isinstance(verdict, Allowed)
    assert [ref.name for ref in verdict.observed] == ["api-v0"]


def test_limits_on_documents_are_charged_once_the_document_is_read(rules: Path) -> None:
    rule = """
- name: lines-per-minute
  why: Odoo needs its time
  mode: enforce
  senders: [partner]
  documents: [purchase_order]
  counts: lines
  per: document
  rate: 600 per 1m
  burst: 50
  on_store_loss: refuse
"""
    text = (rules / "limits.yaml").read_text()
    (rules / "limits.yaml").write_text(text.replace("\n# Not counted", f"{rule}\n# Not counted"))
    policy = load(rules)
    (charge,) = policy.document_charges([ORDER, replace(ORDER, lines=4), ADVICE])
    assert (charge.key, charge.cost, charge.measure) == (
        "{partner:nordlicht}:document:purchase_order:lines-per-minute",
        7,
        Pace(100_000, 50),
    )
    assert charge.on_store_loss == "refuse"
    assert charge.announcement == "", "the fields have no word for lines"
    assert policy.document_charges([replace(ORDER, lines=0)])[0].cost == 1
    assert policy.document_charges([ADVICE]) == ()
    assert len(policy.charges(PARTNER)) == 1


def test_a_limit_out_of_its_time_holds_nobody(rules: Path) -> None:
    policy = edited(rules, "limits.yaml", "plans: [trial]\n  rate", "plans: [trial]\n  until: 2026-12-01\n  rate")
    trial = replace(PARTNER, plan="trial")
    assert len(policy.charges(trial)) == 1
    later = replace(trial, at=datetime(2026, 12, 1, tzinfo=UTC))
    assert policy.charges(later) == ()
    assert refusal(policy.admit(later)).code == "limit.none_applies"
