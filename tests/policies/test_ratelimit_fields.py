"""RateLimit and RateLimit-Policy as an independent parser of structured fields (http-sf) reads them.

The rules are those of draft-ietf-httpapi-ratelimit-headers-11: sections 3 and 4 for the fields, 6 for Retry-After.
"""

from datetime import UTC, datetime
from typing import Any

import http_sf
from hypothesis import given
from hypothesis import strategies as st

from policies.amounts import Points, Rate
from policies.charges import Counted, State
from policies.charging import Charging
from policies.facts import DocumentFacts, RequestFacts
from policies.limitrules import LimitRule
from policies.limits import verdict
from policies.periods import PerPeriod, Zone
from policies.verdicts import Refused, RuleRef
from policies.written import Written

UNITS = {"requests", "content-bytes", "concurrent-requests"}
DEFAULT = RuleRef("limits", "default", "limits.yaml", 0)
REQUEST = RequestFacts(
    sender_kind="partner",
    sender="nordlicht",
    client="nordlicht-edi",
    address="2001:db8::7",
    at=datetime(2026, 11, 23, 10, tzinfo=UTC),
)
DOCUMENT = DocumentFacts(
    request=REQUEST, format="json", name="order", version="1", document_type="purchase_order", size=2_000, lines=3
)

names = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,30}", fullmatch=True)
rates = st.tuples(st.integers(1, 10**6), st.integers(1, 86_400)).map(
    lambda pair: {"rate": Rate(*pair, f"{pair[0]} per {pair[1]}s"), "burst": None}
)
quotas = st.tuples(st.integers(1, 10**12), st.sampled_from(["day", "week", "month"])).map(
    lambda pair: {"quota": PerPeriod.from_text(f"{pair[0]} per {pair[1]}"), "zone": Zone.from_text("Europe/Berlin")}
)
places = st.integers(1, 100_000).map(lambda most: {"concurrency": most})


@st.composite
def limits(draw: st.DrawFn) -> LimitRule:
    measure = draw(st.one_of(rates, quotas, places))
    counts = "requests"
    if "concurrency" not in measure:
        counts = draw(st.sampled_from(["requests", "documents", "lines", "bytes", "points"]))
    late = ["plant", "document"] if counts != "requests" else []
    per = draw(st.sampled_from(["sender", "client", "address", "all", *late]))
    points = {"purchase_order": Points.from_text("2 each")} if counts == "points" else {}
    mode = draw(st.sampled_from(["enforce", "enforce", "observe"]))
    rule = {"name": draw(names), "why": "a test", "mode": mode, "senders": ("partner",)}
    return LimitRule(**rule, **measure, counts=counts, per=per, points=points)  # type: ignore[arg-type]


def written(rule: LimitRule) -> Written[LimitRule]:
    return Written(rule, RuleRef("limits", rule.name, "limits.yaml", 3), None, "$.rules[0]")  # type: ignore[arg-type]


def read(field: str) -> list[tuple[str, dict[str, Any]]]:
    items: Any = http_sf.parse(field.encode(), tltype="list")
    assert items
    assert all(isinstance(name, str) for name, _ in items)
    return items


@given(st.lists(limits(), min_size=1, max_size=6, unique_by=lambda rule: rule.name), st.booleans(), st.data())
def test_the_fields_are_read_as_they_are_meant(rules: list[LimitRule], late: bool, data: st.DataObject) -> None:
    charging = Charging([written(rule) for rule in rules], [], DEFAULT, "sha256:0")
    charges = charging.of_documents([DOCUMENT]) if late else charging.of_request(REQUEST)
    states = tuple(
        State(data.draw(st.booleans()), data.draw(st.integers(0, one.measure.most)), data.draw(st.integers(0, 10**13)))
        for one in charges
    )
    told = verdict(Counted(charges, states))
    fields = dict(told.fields)
    announced = {one.rule.name: one for one in charges if one.enforced and one.announcement}
    if not announced:
        assert fields == {}
        return
    policies = dict(read(fields["RateLimit-Policy"]))
    assert policies.keys() == announced.keys()
    for name, parameters in policies.items():
        assert parameters.keys() <= {"q", "qu", "w", "pk"}
        assert parameters["q"] == announced[name].measure.most
        assert parameters.get("qu", "requests") in UNITS
        assert parameters.get("w", 1) > 0
        assert ("pk" in parameters) == (announced[name].partition != "")
        assert isinstance(parameters.get("pk", b""), bytes)
    if "RateLimit" in fields:
        ((name, parameters),) = read(fields["RateLimit"])
        assert 0 <= parameters["r"] <= policies[name]["q"]
        assert parameters.get("pk") == policies[name].get("pk")
        if isinstance(told, Refused) and told.retry_after is not None:
            assert told.retry_after >= parameters.get("t", 0)
            assert name in told.violated
    else:
        assert isinstance(told, Refused)


def test_what_a_partition_key_tells_is_nobodys_name() -> None:
    rule = LimitRule(
        name="one", why="a test", mode="enforce", senders=("partner",), per="address", rate=Rate(5, 1, "5 per 1s")
    )
    charging = Charging([written(rule)], [], DEFAULT, "sha256:0")
    (charge,) = charging.of_request(REQUEST)
    ((_, parameters),) = read(charge.announcement)
    assert len(parameters["pk"]) == 9
    assert b"2001" not in parameters["pk"]
