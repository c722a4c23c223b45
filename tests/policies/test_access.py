"""Who may do what: verbs, addresses, bindings, hours, zones and conduits."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from policies.facts import DocumentFacts, RequestFacts, Verb
from policies.loading import PolicySet, load
from policies.networks import Addresses, AddressList, Network, covered
from policies.verdicts import Allowed, Refused

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PARTNER = RequestFacts(
    sender_kind="partner",
    sender="stahlhof",
    client="stahlhof-edi",
    roles=frozenset({"orders.send"}),
    plan="standard",
    address="192.0.2.7",
    at=NOW,
)
PLANT = RequestFacts(
    sender_kind="plant",
    sender="salzungen",
    client="salzungen-mes",
    roles=frozenset({"production.confirm", "deliveries.fetch"}),
    address="198.51.100.20",
    at=NOW,
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
OFFICE = "- name: office\n  why: a test\n  networks: [192.0.2.0/28, 2001:db8:17::/48]\n"
UPLINKS = "- name: uplinks\n  why: a test\n  networks: [198.51.100.0/24]\n"


def access(rules: Path, *, addresses: str = "", zones: str = "", added: str = "") -> PolicySet:
    """The shipped rules with address lists, with `zones` in place of the plants' zone, and with more rules."""
    path = rules / "access.yaml"
    text = path.read_text().replace("addresses: []\n", f"addresses:\n{addresses}" if addresses else "addresses: []\n")
    if zones:
        before = "  senders: [plant]\n  destinations: [plant:*]\n"
        assert before in text
        text = text.replace(before, zones, 1)
    path.write_text(text + added)
    return load(rules)


def refusal(verdict: object) -> Refused:
    assert isinstance(verdict, Refused)
    return verdict


# ---- verbs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "facts", "role", "text"),
    [
        ("read", PARTNER, "orders.send", "no rule lets this partner read what it has sent"),
        ("fetch", PLANT, "deliveries.fetch", "no rule lets this plant fetch what lies ready for it"),
    ],
)
def test_who_may_call_may_not_yet_read_or_fetch(
    rules: Path, verb: Verb, facts: RequestFacts, role: str, text: str
) -> None:
    path = rules / "access.yaml"
    asked = replace(facts, verb=verb)
    granted = load(rules).admit(asked)
    assert isinstance(granted, Allowed)
    assert granted.rule is not None
    assert granted.rule.name == f"{facts.sender_kind}s-{verb}"
    path.write_text(path.read_text().replace(f"  may: {verb}\n", "  may: call\n"))
    refused = refusal(load(rules).admit(asked))
    assert (refused.code, refused.text, refused.act) == ("access.not_granted", text, "ask us for access")
    assert isinstance(load(rules).admit(replace(asked, verb="send", roles=frozenset({role}))), Allowed)


def test_reading_needs_the_right_to_call_as_well(rules: Path) -> None:
    deny = "\n- {name: nobody-calls, why: a test, mode: enforce, effect: deny, may: call, senders: [partner]}\n"
    assert refusal(access(rules, added=deny).admit(replace(PARTNER, verb="read"))).rule.name == "nobody-calls"


def test_what_observed_rules_would_refuse_is_told_for_both(rules: Path) -> None:
    rule = "\n- {{name: no-{0}, why: a test, mode: observe, effect: deny, may: {0}, senders: [partner]}}\n"
    verdict = access(rules, added=rule.format("call") + rule.format("read")).admit(replace(PARTNER, verb="read"))
    assert isinstance(verdict, Allowed)
    assert [ref.name for ref in verdict.observed] == ["no-call", "no-read"]


# ---- addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "held"),
    [
        ("192.0.2.0", True),
        ("192.0.2.15", True),
        ("192.0.2.16", False),
        ("192.0.2.150", False),
        ("::ffff:192.0.2.15", True),
        ("2001:db8:17::1", True),
        ("2001:db8:18::1", False),
        ("2001:db8:17:ffff::%eth0", True),
        ("", None),
        ("unix:", None),
        ("192.0.2.7, 10.0.0.1", None),
    ],
)
def test_an_address_is_compared_as_a_number(address: str, held: bool | None) -> None:
    networks = (Network.from_text("192.0.2.0/28"), Network.from_text("2001:db8:17::/48"))
    addresses = Addresses([AddressList(name="office", why="a test", networks=networks)])
    assert addresses.hold(address) is held
    assert addresses.hold(address) is held, "remembered"


def test_neighbours_and_overlaps_make_no_gap() -> None:
    networks = tuple(map(Network.from_text, ("10.0.0.0/9", "10.0.1.0/24", "10.128.0.0/9", "10.130.0.0/16")))
    addresses = Addresses([AddressList(name="ours", why="a test", networks=networks)])
    for address in ("10.0.0.0", "10.0.1.255", "10.127.255.255", "10.128.0.0", "10.255.255.255"):
        assert addresses.hold(address) is True
    assert addresses.hold("9.255.255.255") is False
    assert addresses.hold("11.0.0.0") is False
    assert [(number, other.text) for number, _, other in covered(networks)] == [(1, "10.0.0.0/9"), (3, "10.128.0.0/9")]


OUTSIDE = """
- name: stahlhof-from-its-office
  why: their credential was stolen in spring
  mode: enforce
  effect: deny
  may: call
  senders: [partner]
  partners: [stahlhof]
  outside: [office]
"""


def test_a_partner_can_be_held_to_its_addresses(rules: Path) -> None:
    policy = access(rules, addresses=OFFICE, added=OUTSIDE)
    assert isinstance(policy.admit(PARTNER), Allowed)
    assert isinstance(policy.admit(replace(PARTNER, sender="aurora", address="203.0.113.9")), Allowed)
    for elsewhere in ("203.0.113.9", "", "192.0.2.77"):
        refused = refusal(policy.admit(replace(PARTNER, address=elsewhere)))
        assert (refused.code, refused.rule.name) == ("access.denied", "stahlhof-from-its-office")
        assert refused.act == "call from an address in `office`"
        assert (refused.rule.file, refused.revision) == ("access.yaml", policy.revision)


def test_a_grant_for_certain_addresses_is_given_there_alone(rules: Path) -> None:
    path = rules / "access.yaml"
    before = "  roles: [orders.send]\n  documents: [purchase_order]\n"
    path.write_text(path.read_text().replace(before, f"{before}  addresses: [office]\n"))
    policy = access(rules, addresses=OFFICE)
    assert isinstance(policy.judge(ORDER), Allowed)
    for elsewhere in ("203.0.113.9", ""):
        refused = refusal(policy.judge(replace(ORDER, request=replace(PARTNER, address=elsewhere))))
        assert (refused.code, refused.act) == ("access.not_granted", "call from an address in `office`")


def test_a_grant_outside_of_certain_addresses_is_not_given_to_an_unknown_one(rules: Path) -> None:
    path = rules / "access.yaml"
    before = "  roles: [orders.send]\n  documents: [purchase_order]\n"
    path.write_text(path.read_text().replace(before, f"{before}  outside: [uplinks]\n"))
    policy = access(rules, addresses=UPLINKS)
    assert isinstance(policy.judge(ORDER), Allowed)
    for inside in ("198.51.100.1", ""):
        refused = refusal(policy.judge(replace(ORDER, request=replace(PARTNER, address=inside))))
        assert refused.act == "call from an address outside `uplinks`"


# ---- bindings ------------------------------------------------------------------------------------------------------

BOUND = """
- name: stahlhof-is-bound
  why: their orders start machines
  mode: enforce
  effect: deny
  may: call
  senders: [partner]
  partners: [stahlhof]
  bindings: [none]
"""


def test_a_partner_can_be_held_to_bound_tokens(rules: Path) -> None:
    policy = access(rules, added=BOUND)
    refused = refusal(policy.admit(PARTNER))
    assert (refused.rule.name, refused.act) == ("stahlhof-is-bound", "use a token bound by certificate or dpop")
    for binding in ("certificate", "dpop"):
        assert isinstance(policy.admit(replace(PARTNER, binding=binding)), Allowed)
    assert isinstance(policy.admit(replace(PARTNER, sender="aurora")), Allowed)


def test_a_partner_can_be_held_to_one_kind_of_binding(rules: Path) -> None:
    policy = access(rules, added=BOUND.replace("[none]", "[none, dpop]"))
    assert refusal(policy.admit(replace(PARTNER, binding="dpop"))).act == "use a token bound by certificate"


def test_a_closed_channel_names_the_open_ones(rules: Path) -> None:
    policy = access(rules, added=BOUND.replace("bindings: [none]", "channels: [sftp]"))
    assert refusal(policy.admit(replace(PARTNER, channel="sftp"))).act == "send over http or as2"


# ---- plants --------------------------------------------------------------------------------------------------------


def test_a_deny_for_a_plants_own_documents_meets_an_unknown_plant(rules: Path) -> None:
    deny = """
- name: salzungen-is-closed
  why: a test
  mode: enforce
  effect: deny
  may: send
  senders: [plant]
  plants: own
"""
    policy = access(rules, added=deny)
    report = replace(
        ORDER, request=PLANT, format="json", name="production_confirmation", version="1",
        document_type="production_confirmation", plant="salzungen",
    )  # fmt: skip
    assert refusal(policy.judge(report)).code == "access.denied"
    assert refusal(policy.judge(replace(report, plant=None))).code == "access.denied"
    assert refusal(policy.judge(replace(report, plant="dresden"))).code == "access.not_granted"


# ---- hours ---------------------------------------------------------------------------------------------------------


def test_a_rule_is_in_force_during_its_hours(rules: Path) -> None:
    deny = """
- name: not-at-night
  why: the night batch needs the ERP for itself
  mode: enforce
  effect: deny
  may: send
  senders: [partner]
  documents: [purchase_order]
  during: [22:00-24:00 Europe/Berlin, 00:00-04:00 Europe/Berlin]
"""
    policy = access(rules, added=deny)
    begins = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
    for at, allowed in (
        (begins - timedelta(microseconds=1), True),
        (begins, False),
        (begins + timedelta(hours=6, microseconds=-1), False),
        (begins + timedelta(hours=6), True),
    ):
        assert isinstance(policy.judge(replace(ORDER, request=replace(PARTNER, at=at))), Allowed) is allowed


# ---- zones and conduits --------------------------------------------------------------------------------------------


def test_a_plant_is_taken_from_its_zones_addresses_alone(rules: Path) -> None:
    zone = "  senders: [plant]\n  addresses: [uplinks]\n  destinations: [plant:*]\n"
    policy = access(rules, addresses=UPLINKS, zones=zone)
    assert isinstance(policy.admit(PLANT), Allowed)
    for elsewhere in ("203.0.113.9", ""):
        refused = refusal(policy.admit(replace(PLANT, address=elsewhere)))
        assert (refused.code, refused.text, refused.act) == (
            "access.outside_zone",
            "a plant is not taken from this address",
            "call from an address in `uplinks`, or ask us to add yours",
        )
        assert (refused.rule.name, refused.rule.file) == ("plants", "access.yaml")
        assert refused.rule.line > 1
        assert refused.revision == policy.revision
    assert isinstance(policy.admit(replace(PARTNER, address="203.0.113.9")), Allowed)


def test_a_kind_of_sender_without_a_zone_is_refused(rules: Path) -> None:
    path = rules / "access.yaml"
    path.write_text(path.read_text().replace("source: plants", "source: corporate"))
    refused = refusal(access(rules, zones="  destinations: [plant:*]\n").admit(PLANT))
    assert (refused.code, refused.text) == ("access.outside_zone", "there is no zone for a plant")


def test_what_no_conduit_carries_goes_nowhere(rules: Path) -> None:
    path = rules / "access.yaml"
    policy = load(rules)
    assert not isinstance(policy.routes(ORDER), Refused)
    path.write_text(path.read_text().replace("  documents: [purchase_order]\n", "  documents: [invoice]\n", 1))
    policy = load(rules)
    assert isinstance(policy.judge(ORDER), Allowed), "it is granted all the same"
    refused = refusal(policy.routes(ORDER))
    assert (refused.code, refused.text) == (
        "access.no_conduit",
        "no conduit carries a purchase_order from zone `partners` to zone `corporate`",
    )
    assert refused.revision == policy.revision


def test_a_conduit_that_only_observes_carries_nothing_and_one_past_its_date_neither(rules: Path) -> None:
    path = rules / "access.yaml"
    text = path.read_text()
    why = "  why: orders go to the ERP\n  mode: enforce\n"
    for instead in (why.replace("enforce", "observe"), f"{why}  until: 2026-11-23\n", f"{why}  when: lines > 3\n"):
        path.write_text(text.replace(why, instead))
        assert refusal(load(rules).routes(ORDER)).code == "access.no_conduit"
    path.write_text(text.replace(why, f'{why}  when: "10 / (lines - 3) > 1"\n'))
    refused = refusal(load(rules).routes(ORDER))
    assert (refused.code, refused.rule.name) == ("rule.not_judged", "partners-to-corporate")


def test_a_destination_in_no_zone_is_not_reached(rules: Path) -> None:
    path = rules / "access.yaml"
    path.write_text(path.read_text().replace("destinations: [odoo]", "destinations: [erp]"))
    assert refusal(load(rules).routes(ORDER)).text == (
        "no conduit carries a purchase_order from zone `partners` to odoo"
    )


def test_one_plant_can_lie_in_a_zone_of_its_own(rules: Path) -> None:
    zone = """  senders: [plant]
  destinations: [plant:*]

- name: clean-room
  why: a test
  destinations: [plant:salzungen]
"""
    policy = access(rules, zones=zone)
    advice = replace(
        ORDER, request=replace(PARTNER, roles=frozenset({"despatch.send"})), format="xml", name="DespatchAdvice",
        version="2.1", document_type="despatch_advice", plant="dresden",
    )  # fmt: skip
    assert not isinstance(policy.routes(advice), Refused)
    assert refusal(policy.routes(replace(advice, plant="salzungen"))).text.endswith("to zone `clean-room`")


def test_nobody_is_told_to_change_the_channel_where_a_role_is_missing(rules: Path) -> None:
    """Wherever the grant for another channel stands."""
    by_file = (
        "\n- name: last\n  why: a test\n  mode: enforce\n  may: send\n  senders: [partner]\n  channels: [as2]\n"
        "  documents: [purchase_order]\n"
    )
    policy = access(rules, added=by_file)
    refused = refusal(policy.judge(replace(ORDER, request=replace(PARTNER, roles=frozenset()))))
    assert refused.act == "ask for the role `orders.send`"
