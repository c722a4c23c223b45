"""The charges that limits make: measures, keys, costs, calendars, overrides, and until when they are kept."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

import policies
from policies.charges import AtOnce, Charge, Pace, Quota
from policies.facts import DocumentFacts, RequestFacts
from policies.loading import PolicySet, load
from policies.periods import microseconds
from policies.verdicts import Refused


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


PARTNER = RequestFacts(
    sender_kind="partner", sender="nordlicht", client="nordlicht-edi", plan="gold", at=at("2026-11-23T10:00Z")
)
ORDER = DocumentFacts(
    request=PARTNER,
    format="edifact",
    name="ORDERS",
    version="D.96A",
    document_type="purchase_order",
    size=2_000,
    lines=120,
    plant="salzungen",
)
README = (Path(policies.__file__).parent / "README.md").read_text()


def limits(rules: Path, text: str) -> PolicySet:
    (rules / "limits.yaml").write_text(f"kind: limits\nrules:\n{text}")
    return load(rules)


def rule(name: str, words: str) -> str:
    lines = "".join(f"  {line}\n" for line in words.strip().splitlines())
    return f"- name: {name}\n  why: a test\n  mode: enforce\n  senders: [partner, plant]\n{lines}"


def only(charges: tuple[Charge, ...]) -> Charge:
    (charge,) = charges
    return charge


@pytest.fixture
def documented(rules: Path) -> PolicySet:
    """The example that policies/README.md shows."""
    (example,) = re.findall(r"```yaml\n(kind: limits\n.*?)```", README, re.DOTALL)
    (rules / "limits.yaml").write_text(example)
    return load(rules)


def test_the_documented_example_means_what_its_remarks_say(documented: PolicySet) -> None:
    rate, at_once = documented.charges(PARTNER)
    assert (rate.measure, at_once.measure) == (Pace(100_000, 100), AtOnce(8))
    assert (at_once.key, at_once.announcement) == (
        "{partner:nordlicht}:gold-at-once:at-once",
        '"gold-at-once";q=8;qu="concurrent-requests"',
    )
    ended = documented.charges(replace(PARTNER, at=at("2026-11-30T12:00+01:00")))[0]
    assert ended.measure == Pace(20_000, 3_000)
    assert ended.allows == "requests at 3000 per 1m, 3000 at once"
    assert ended.key == rate.key, "the same count goes on"


def test_an_override_holds_for_whom_it_names_and_until_it_ends(documented: PolicySet) -> None:
    def lines(sender: str, moment: str) -> tuple[str, int]:
        request = replace(PARTNER, sender=sender, at=at(moment))
        found = documented.document_charges([replace(ORDER, request=request)])
        (one,) = (charge for charge in found if charge.unit == "lines")
        return one.rule.name, one.measure.most

    assert lines("nordlicht", "2026-12-31T23:59Z") == ("gold-lines-nordlicht", 200_000)
    assert lines("nordlicht", "2027-01-01T00:00Z") == ("gold-lines", 50_000)
    assert lines("aurora", "2026-12-31T23:59Z") == ("gold-lines", 50_000)


def test_an_override_that_only_observes_lifts_nothing(rules: Path) -> None:
    lenient = rule("lenient", "rate: 9 per 1s\noverrides: strict\nuntil: 2027-01-01\napproved_by: m.weber")
    policy = limits(rules, rule("strict", "rate: 5 per 1s") + lenient.replace("enforce", "observe"))
    assert [charge.rule.name for charge in policy.charges(PARTNER)] == ["strict", "lenient"]
    policy = limits(rules, rule("strict", "rate: 5 per 1s") + lenient)
    assert [charge.rule.name for charge in policy.charges(PARTNER)] == ["lenient"]


def test_an_override_whose_condition_does_not_hold_or_cannot_be_judged_lifts_nothing(rules: Path) -> None:
    lenient = rule("lenient", "rate: 9 per 1s\noverrides: strict\nuntil: 2027-01-01\napproved_by: m.weber\nwhen: COND")
    strict = rule("strict", "rate: 5 per 1s")
    policy = limits(rules, strict + lenient.replace("COND", "'client == \"nordlicht-edi\"'"))
    assert [charge.rule.name for charge in policy.charges(PARTNER)] == ["lenient"]
    assert [charge.rule.name for charge in policy.charges(replace(PARTNER, client="other"))] == ["strict"]
    policy = limits(rules, strict + lenient.replace("COND", "'roles[7] == \"x\"'"))
    assert [charge.rule.name for charge in policy.charges(PARTNER)] == ["strict", "lenient"]


def test_a_quota_counts_in_the_days_of_its_zone(rules: Path) -> None:
    policy = limits(rules, rule("daily", "quota: 500 per day\nzone: Europe/Berlin"))
    charge = only(policy.charges(replace(PARTNER, at=at("2026-10-25T12:00+01:00"))))
    ends = ["2026-10-24T00:00+02:00", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", "2026-10-27T00:00+01:00"]
    assert charge.measure == Quota(500, tuple(microseconds(at(end)) for end in ends))  # type: ignore[arg-type]
    assert charge.announcement == '"daily";q=500;w=86400'
    assert charge.allows == "500 requests per day (Europe/Berlin)"
    following = only(policy.charges(replace(PARTNER, at=at("2026-10-26T00:00+01:00"))))
    assert following.key == charge.key
    assert isinstance(following.measure, Quota)
    assert following.measure.bounds[1] == microseconds(at("2026-10-26T00:00+01:00"))


def test_a_months_quota_announces_no_window_because_no_two_are_alike(rules: Path) -> None:
    policy = limits(rules, rule("monthly", "quota: 500 per month\nzone: Europe/Berlin\ncounts: bytes"))
    assert only(policy.document_charges([ORDER])).announcement == '"monthly";q=500;qu="content-bytes"'


def test_charges_are_kept_as_long_as_nothing_changes(rules: Path) -> None:
    policy = limits(rules, rule("daily", "quota: 500 per day\nzone: Europe/Berlin") + rule("fast", "rate: 5 per 1s"))
    first = policy.charges(PARTNER)
    assert policy.charges(replace(PARTNER, at=at("2026-11-23T22:59Z"))) is first
    assert policy.charges(replace(PARTNER, at=at("2026-11-23T23:00Z"))) is not first
    assert policy.charges(PARTNER) == first, "a clock that goes back is answered as before"


def test_all_documents_of_a_message_are_one_charge_of_each_limit(rules: Path) -> None:
    words = ("documents", "lines", "bytes")
    policy = limits(rules, "".join(rule(f"of-{word}", f"counts: {word}\nrate: 5 per 1s") for word in words))
    found = policy.document_charges([ORDER, replace(ORDER, lines=0), replace(ORDER, document_type="invoice", lines=7)])
    assert {charge.unit: charge.cost for charge in found} == {"documents": 3, "lines": 128, "bytes": 2_000}
    assert policy.document_charges([]) == ()


def test_points_are_what_a_type_of_document_costs(rules: Path) -> None:
    costs = "points: {purchase_order: 2 each and 3 per 50 lines, invoice: 4 each}"
    policy = limits(rules, rule("work", f"counts: points\n{costs}\nrate: 5 per 1s"))

    def cost(**facts: object) -> int:
        return only(policy.document_charges([replace(ORDER, **facts)])).cost

    assert [cost(lines=lines) for lines in (0, 1, 50, 51, 120)] == [2, 5, 5, 8, 11]
    assert cost(document_type="invoice", lines=900) == 4
    assert cost(document_type="remittance_advice") == 1


@pytest.mark.parametrize(
    ("per", "part"),
    [("sender", ""), ("client", "nordlicht-edi"), ("address", "192.0.2.7"), ("plant", "salzungen")],
)
def test_a_count_is_shared_by_whom_the_rule_says(rules: Path, per: str, part: str) -> None:
    policy = limits(rules, rule("some", f"counts: bytes\nper: {per}\nrate: 5 per 1s"))
    request = replace(PARTNER, address="192.0.2.7")
    charge = only(policy.document_charges([replace(ORDER, request=request)]))
    assert charge.key == "{partner:nordlicht}" + (f":{per}:{part}" if part else "") + ":some"
    if part:
        assert re.fullmatch(r";pk=:[A-Za-z0-9+/]{12}:", charge.partition)
        assert charge.announcement == f'"some";q=5;qu="content-bytes";w=1{charge.partition}'
        assert "192.0.2.7" not in charge.announcement
    else:
        assert charge.partition == ""


def test_a_limit_about_a_plant_is_for_documents_about_it_alone(rules: Path) -> None:
    policy = limits(rules, rule("of-plant", "counts: documents\nper: all\nplants: [salzungen]\nrate: 5 per 1s"))
    assert only(policy.document_charges([ORDER])).key == "all:of-plant"
    assert policy.document_charges([replace(ORDER, plant="dresden")]) == ()
    assert policy.document_charges([replace(ORDER, plant=None)]) == ()


def test_an_override_about_one_plant_leaves_the_others_held(rules: Path) -> None:
    lenient = "plants: [salzungen]\noverrides: strict\nuntil: 2027-01-01\napproved_by: m.weber"
    policy = limits(
        rules,
        rule("strict", "counts: documents\nrate: 5 per 1s")
        + rule("lenient", f"counts: documents\nrate: 9 per 1s\n{lenient}"),
    )
    assert only(policy.document_charges([ORDER])).rule.name == "lenient"
    assert only(policy.document_charges([replace(ORDER, plant="dresden")])).rule.name == "strict"


def test_a_sender_whose_only_limit_is_not_in_force_yet_is_not_unlimited(rules: Path) -> None:
    policy = limits(rules, rule("later", "rate: 5 per 1s\nfrom: 2027-01-01"))
    assert policy.charges(PARTNER) == ()
    refused = policy.limits.counted.unlimited(PARTNER)
    assert isinstance(refused, Refused)
    assert refused.code == "limit.none_applies"
    assert policy.limits.counted.unlimited(replace(PARTNER, at=at("2027-01-01T00:00Z"))) is None
