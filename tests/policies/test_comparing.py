"""What a change means for whom, told from what both sets answer."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.changed_rules import rewrite

from policies.comparing import Comparison, compare_sets
from policies.loading import PolicySet, load

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PLANS = {"aurora": "standard", "nordlicht": "standard", "kiesel": "trial"}


@pytest.fixture
def before(shipped: PolicySet) -> PolicySet:
    return shipped


def change(rules: Path, name: str, *pairs: tuple[str, str]) -> PolicySet:
    for old, new in pairs:
        rewrite(rules, name, old, new)
    return load(rules)


def effects(before: PolicySet, after: PolicySet) -> list[tuple[str, str, str, tuple[str, ...]]]:
    found = compare_sets(before, after, NOW, PLANS)
    return [(one.topic, one.what, one.who, one.partners) for one in found.effects]


def test_the_same_rules_change_nothing(before: PolicySet, rules: Path) -> None:
    found = compare_sets(before, load(rules), NOW, PLANS)
    assert (found.effects, found.rules) == ((), ())


def test_a_comment_changes_the_revision_and_nothing_else(before: PolicySet, rules: Path) -> None:
    after = change(rules, "access.yaml", ("rules:\n", "rules: # all of them\n"))
    found = compare_sets(before, after, NOW, PLANS)
    assert found.before != found.after
    assert (found.effects, found.rules) == ((), ())


def test_a_role_that_may_do_more(before: PolicySet, rules: Path) -> None:
    after = change(rules, "access.yaml", ("  roles: [despatch.send]", "  roles: [despatch.send, orders.send]"))
    assert effects(before, after) == [
        ("gains", "sending `despatch_advice`", "every partner with role `orders.send`",
         ("aurora", "kiesel", "nordlicht")),
    ]  # fmt: skip


def test_what_goes_both_ways_is_told_both_ways(before: PolicySet, rules: Path) -> None:
    after = change(
        rules,
        "access.yaml",
        ("roles: [orders.send]\n  documents: [purchase_order]", "roles: [orders.send]\n  documents: [despatch_advice]"),
    )
    assert [one[:3] for one in effects(before, after)] == [
        ("gains", "sending `despatch_advice`", "every partner with role `orders.send`"),
        ("loses", "sending `purchase_order`", "every partner with role `orders.send`"),
    ]


def test_a_deny_for_one_partner_at_one_plant(before: PolicySet, rules: Path) -> None:
    deny = (
        "rules:\n- name: no-kiesel\n  why: a test\n  mode: enforce\n  effect: deny\n  may: send\n"
        "  senders: [partner]\n  partners: [kiesel]\n  plants: [ulm]\n"
    )
    after = change(rules, "access.yaml", ("rules:\n", deny))
    assert sorted(effects(before, after)) == [
        ("loses", "sending `ack` for a plant we do not know or plant `ulm`",
         "`kiesel` with role `despatch.send`; `kiesel` with role `orders.send`; `kiesel` with role `outbox.fetch`",
         ("kiesel",)),
        ("loses", "sending `despatch_advice` for a plant we do not know or plant `ulm`",
         "`kiesel` with role `despatch.send`", ("kiesel",)),
        ("loses", "sending `purchase_order` for a plant we do not know or plant `ulm`",
         "`kiesel` with role `orders.send`", ("kiesel",)),
    ]  # fmt: skip


def test_a_limit_from_and_to(before: PolicySet, rules: Path) -> None:
    after = change(rules, "limits.yaml", ("rate: 5 per 1s\n  burst: 10", "rate: 3 per 1s\n  burst: 6"))
    assert effects(before, after) == [
        ("limit", "limit `trial-requests`: requests at 5 per 1s, 10 at once → requests at 3 per 1s, 6 at once",
         "every partner on plan `trial`", ("kiesel",)),
    ]  # fmt: skip


def test_a_limit_that_only_observes(before: PolicySet, rules: Path) -> None:
    after = change(rules, "limits.yaml", ("reach us\n  mode: enforce", "reach us\n  mode: observe"))
    assert effects(before, after)[0][1] == (
        "limit `trial-requests`: requests at 5 per 1s, 10 at once → requests at 5 per 1s, 10 at once (observed)"
    )


def test_a_version_that_ends(before: PolicySet, rules: Path) -> None:
    after = change(
        rules, "versions.yaml",
        ("api: v1\n  state: active",
         "api: v1\n  state: deprecated\n  deprecated_from: 2026-11-01\n  sunset: 2027-11-01"),
    )  # fmt: skip
    (topic, what, who, _), *_ = effects(before, after)
    assert topic == "version"
    assert what.startswith("API version `v1`: taken → taken (Deprecation @1793491200, Sunset Mon, 01 Nov 2027")
    assert who == "every partner, every plant, every corporate client"


def test_where_documents_go(before: PolicySet, rules: Path) -> None:
    before = change(rules, "access.yaml", ("destinations: [odoo]", "destinations: [odoo, recording]"))
    after = change(rules, "routing.yaml", ("destination: odoo", "destination: recording"))
    assert [one[:3] for one in effects(before, after)] == [
        ("route", "`purchase_order`: odoo sale_order.create_confirmed → recording sale_order.create_confirmed",
         "every partner, every corporate client"),
    ]  # fmt: skip


def test_a_schema_that_says_something_else_under_the_same_name(before: PolicySet, rules: Path) -> None:
    path = rules / "schemas" / "purchase_order.1.json"
    path.write_text(path.read_text().replace("{", '{"title": "another",', 1))
    assert effects(before, load(rules)) == [
        ("schema", "`schemas/purchase_order.1.json` has changed", "rules `order-json`", ()),
    ]


def test_what_cannot_be_asked_is_told_rule_by_rule(before: PolicySet, rules: Path) -> None:
    found: Comparison = compare_sets(before, change(rules, "routing.yaml", ("pass", "hold")), NOW, PLANS)
    assert found.effects == ()
    (one,) = found.rules
    assert (one.kind, one.name, one.change, one.fields, one.place) == (
        "routing", "orders-to-odoo", "changed", {"when_parked": ("pass", "hold")}, one.place,
    )  # fmt: skip


def test_rules_that_come_and_go(before: PolicySet, rules: Path) -> None:
    after = change(rules, "access.yaml", ("name: operators-resubmit", "name: operators-enter"))
    found = compare_sets(before, after, NOW, PLANS)
    assert found.effects == (), "another name changes nothing for anybody"
    assert [(one.name, one.change) for one in found.rules] == [
        ("operators-enter", "added"),
        ("operators-resubmit", "removed"),
    ]


def test_reading_and_fetching_are_asked_about_too(before: PolicySet, rules: Path) -> None:
    after = change(rules, "access.yaml",
                   ("  roles: [deliveries.fetch]", "  roles: [deliveries.fetch, production.confirm]"),
                   ("  roles: [orders.send, despatch.send, messages.read]\n\n- name: plants-read",
                    "  roles: [messages.read]\n\n- name: plants-read"))  # fmt: skip
    assert sorted(one[:3] for one in effects(before, after)) == [
        ("gains", "fetching from its inbox", "every plant with role `production.confirm`"),
        (
            "loses",
            "reading what it sent",
            "every partner with role `despatch.send`; every partner with role `orders.send`",
        ),
    ]


def test_whose_data_they_are_is_asked_about_too(before: PolicySet, rules: Path) -> None:
    text = (rules / "ownership.yaml").read_text()
    name = "customers-order"
    assert f"- name: {name}\n" in text, "the row that lets partners order"
    head, _, tail = text.partition(f"- name: {name}\n")
    after = change(rules, "ownership.yaml", (tail.partition("effect: allow")[0] + "effect: allow",
                                             tail.partition("effect: allow")[0] + "effect: deny"))  # fmt: skip
    assert head
    lost = [one for one in effects(before, after) if one[0] == "loses"]
    assert any(one[1] == "sending `purchase_order`" and "every partner" in one[2] for one in lost)


def _with_office(rules: Path, *networks: str) -> None:
    office = f"addresses:\n- name: office\n  why: theirs\n  networks: [{', '.join(networks)}]\n"
    rewrite(rules, "access.yaml", "addresses: []\n", office)


def test_hours_that_a_grant_is_given(before: PolicySet, rules: Path) -> None:
    role = "  roles: [despatch.send]"
    after = change(rules, "access.yaml", (role, f"  during: [Mon-Fri 06:00-18:00 Europe/Berlin]\n{role}"))
    assert [one[:3] for one in effects(before, after)] == [
        ("loses", "sending `despatch_advice`",
         "every partner with role `despatch.send`, outside `Mon-Fri 06:00-18:00 Europe/Berlin`"),
    ]  # fmt: skip


def test_a_grant_that_will_end(before: PolicySet, rules: Path) -> None:
    role = "  roles: [despatch.send]"
    after = change(rules, "access.yaml", (role, f"  until: 2027-01-01\n{role}"))
    assert [one[:3] for one in effects(before, after)] == [
        ("loses", "sending `despatch_advice`", "every partner with role `despatch.send`, from 2027-01-01 on"),
    ]


def test_addresses_that_a_grant_is_given(rules: Path) -> None:
    _with_office(rules, "192.0.2.0/28", "2001:db8:17::/48")
    before = load(rules)
    role = "  roles: [despatch.send]"
    after = change(rules, "access.yaml", (role, f"  addresses: [office]\n{role}"))
    assert [one[:3] for one in effects(before, after)] == [
        ("loses", "sending `despatch_advice`", "every partner with role `despatch.send`, from any other address"),
    ]


def test_a_network_that_leaves_a_list_although_no_rule_is_written_otherwise(rules: Path) -> None:
    _with_office(rules, "192.0.2.0/28", "198.51.100.0/24")
    role = "  roles: [despatch.send]"
    before = change(rules, "access.yaml", (role, f"  addresses: [office]\n{role}"))
    after = change(rules, "access.yaml", ("192.0.2.0/28, 198.51.100.0/24", "192.0.2.0/28, 203.0.113.0/24"))
    assert sorted(one[:3] for one in effects(before, after)) == [
        ("gains", "sending `despatch_advice`",
         "every partner with role `despatch.send`, from 203.0.113.0/24 (`office`)"),
        ("loses", "sending `despatch_advice`",
         "every partner with role `despatch.send`, from 198.51.100.0/24 (`office`)"),
    ]  # fmt: skip
    (one,) = compare_sets(before, after, NOW, PLANS).rules
    assert (one.kind, one.name, one.change) == ("access", "addresses office", "changed")
    assert one.place.startswith("access.yaml:")


def test_a_zone_that_partners_are_in_from_an_address_alone(rules: Path) -> None:
    _with_office(rules, "192.0.2.0/28")
    before = load(rules)
    senders, rest = "  senders: [partner]\n", "  destinations: [partner:*]"
    after = change(rules, "access.yaml", (senders + rest, f"{senders}  addresses: [office]\n{rest}"))
    found = effects(before, after)
    assert ("loses", "calling the API") in {one[:2] for one in found}
    assert all("from any other address" in one[2] for one in found if one[0] == "loses")
    assert [one.name for one in compare_sets(before, after, NOW, PLANS).rules] == ["zones partners"]


def test_a_condition_is_told_as_it_is_written(before: PolicySet, rules: Path) -> None:
    role = "  roles: [despatch.send]"
    after = change(rules, "access.yaml", (role, f"  when: lines < 100\n{role}"))
    (told,) = [one for one in effects(before, after) if one[0] == "condition"]
    assert told[1].endswith("holds where (always) → `lines < 100`")
    assert told[2] == "whoever it is about; `policy replay` tells of the messages there were"
