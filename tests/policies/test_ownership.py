"""The matrix of ownership: who may write what, who may propose it, and that nothing is left without an answer."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.changed_rules import added

from policies.facts import DocumentFacts, RequestFacts
from policies.loading import PolicySet, load
from policies.ownership import Owned
from policies.verdicts import Allowed, Refused
from translators.canonical.fieldgroups import FIELD_GROUPS, known_groups

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
ORDER = DocumentFacts(
    request=PARTNER,
    format="edifact",
    name="ORDERS",
    version="D.96A",
    document_type="purchase_order",
    size=2_000,
    lines=3,
    writes=frozenset({"create sales_order.order", "create sales_order.terms"}),
)


def row(name: str, effect: str, more: str = "") -> str:
    return f"""
- name: {name}
  why: a test
  mode: enforce
  domain: sales_order
  groups: [terms]
  systems: [partner]
  verbs: [create]
  effect: {effect}
{more}"""


def by_plant(*writes: str, roles: str = "production.confirm") -> DocumentFacts:
    request = replace(PLANT, roles=frozenset(roles.split()))
    return replace(ORDER, request=request, document_type="asset", writes=frozenset(writes))


# ---- the shipped matrix --------------------------------------------------------------------------------------------


def test_every_group_of_every_domain_is_in_a_row_or_is_odoos_alone(rules: Path) -> None:
    """A group that no sender may write must be meant so; a new one is found here before a sender finds it."""
    named: set[str] = set()
    known = known_groups()
    for written in load(rules).ownership.rules:
        named |= {f"{written.domain}.{group}" for group in written.groups or known[written.domain]}
    odoos_alone = {"production_order.plan"}
    everything = {f"{domain}.{group}" for domain, groups in known.items() for group in groups}
    assert everything - named == odoos_alone


def test_an_order_is_its_customers(shipped: PolicySet) -> None:
    assert shipped.ownership.judge(ORDER) == Owned()
    assert isinstance(shipped.judge(ORDER), Allowed)


def test_what_no_row_allows_is_refused_with_what_to_do(shipped: PolicySet) -> None:
    refused = shipped.ownership.judge(by_plant("update asset.technical"))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.text, refused.act) == (
        "ownership.not_owned",
        "`asset.technical` is not for a plant to update",
        "send it to whoever owns these data, or ask us",
    )
    assert (refused.rule.kind, refused.rule.name, refused.revision) == ("ownership", "default", shipped.revision)


def test_a_field_that_can_be_left_out_is_named(rules: Path) -> None:
    refused = added(rules, "ownership.yaml", row("our-terms", "deny")).judge(ORDER)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.rule.name, refused.rule.file) == (
        "ownership.not_owned",
        "our-terms",
        "ownership.yaml",
    )
    assert refused.text == "`sales_order.terms` is not for a partner to create"
    assert refused.act == ("leave out `currency`, `delivery_terms`, `payment_terms`, `allowances` or `totals`")
    without = replace(ORDER, writes=frozenset({"create sales_order.order"}))
    assert isinstance(load(rules).judge(without), Allowed)


@pytest.mark.parametrize("document_type", FIELD_GROUPS)
def test_a_stranger_among_systems_writes_nothing(shipped: PolicySet, document_type: str) -> None:
    """A plant's client without a role is no system: whatever it sends is refused."""
    groups = FIELD_GROUPS[document_type]
    for group in groups.groups:
        for verb in ("create", "update", "cancel"):
            facts = by_plant(f"{verb} {groups.domain}.{group}", roles="deliveries.fetch")
            assert isinstance(shipped.ownership.judge(facts), Refused)


def test_a_client_that_is_several_systems_has_the_rights_of_each(shipped: PolicySet) -> None:
    both = by_plant("update asset.technical", "create production_confirmation.report")
    assert isinstance(shipped.ownership.judge(both), Refused)
    several = replace(both, request=replace(PLANT, roles=frozenset({"production.confirm", "maintenance.report"})))
    assert shipped.ownership.judge(several) == Owned()


# ---- deny, propose, allow ------------------------------------------------------------------------------------------


def test_a_proposal_beats_an_allowance_and_a_deny_beats_both(rules: Path) -> None:
    policy = added(rules, "ownership.yaml", row("terms-by-hand", "propose"))
    owned = policy.ownership.judge(ORDER)
    assert isinstance(owned, Owned)
    assert [ref.name for ref in owned.proposed_by] == ["terms-by-hand"]
    assert isinstance(policy.judge(ORDER), Allowed), "it is taken, and waits for a person on its way out"
    assert isinstance(added(rules, "ownership.yaml", row("never", "deny")).ownership.judge(ORDER), Refused)


def test_what_only_observes_changes_nothing_and_a_deny_is_told(rules: Path) -> None:
    policy = added(rules, "ownership.yaml", row("never", "deny").replace("enforce", "observe"))
    verdict = policy.judge(ORDER)
    assert isinstance(verdict, Allowed)
    assert [ref.name for ref in verdict.observed] == ["never"]
    assert isinstance(
        added(rules, "ownership.yaml", row("perhaps", "propose").replace("enforce", "observe")).judge(ORDER), Allowed
    )
    path = rules / "ownership.yaml"
    text = path.read_text()
    order = "- name: customers-order\n  why: a partner orders; from then on the sales order is Odoo's\n  mode: "
    path.write_text(text.replace(f"{order}enforce", f"{order}observe"))
    assert isinstance(load(rules).judge(ORDER), Refused)


@pytest.mark.parametrize(("effect", "refused", "proposed"), [("allow", False, False), ("deny", True, False),
                                                             ("propose", False, True)])  # fmt: skip
def test_a_row_whose_condition_fails_never_opens_anything(
    rules: Path, effect: str, refused: bool, proposed: bool
) -> None:
    policy = added(rules, "ownership.yaml", row("unsure", effect, '  when: "10 / (lines - 3) > 1"\n'))
    owned = policy.ownership.judge(ORDER)
    assert isinstance(owned, Refused) is refused
    assert (isinstance(owned, Owned) and bool(owned.proposed_by)) is proposed


def test_a_row_holds_in_its_time_alone(rules: Path) -> None:
    policy = added(rules, "ownership.yaml", row("from-december", "deny", "  from: 2026-12-01\n"))
    assert isinstance(policy.judge(ORDER), Allowed)
    later = replace(ORDER, request=replace(PARTNER, at=datetime(2026, 12, 1, tzinfo=UTC)))
    assert isinstance(policy.judge(later), Refused)
    assert isinstance(policy.judge(ORDER), Allowed), "an answer that depends on the time is not remembered"


def test_an_operation_is_asked_by_what_it_writes(shipped: PolicySet) -> None:
    assert shipped.ownership.judge(ORDER, frozenset({"create sales_order.order"})) == Owned()
    assert isinstance(shipped.ownership.judge(ORDER, frozenset({"update sales_order.order"})), Owned)
    assert isinstance(shipped.ownership.judge(ORDER, frozenset({"create stock.movement"})), Refused)
    assert isinstance(shipped.ownership.judge(ORDER, frozenset({"create nothing.known"})), Refused)
