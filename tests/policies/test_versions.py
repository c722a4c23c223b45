"""The life of a version: what a sender hears at each date, in a brownout, and by an exception."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from policies.amounts import Duration
from policies.brownouts import Brownouts, BrownoutTimes
from policies.facts import DocumentFacts, RequestFacts
from policies.loading import PolicySet, load
from policies.verdicts import Allowed, Refused
from translators.moments import Moment

ENDING = """
kind: versions
rules:
- {name: api-v1, why: current, mode: enforce, api: v1, state: active}
- name: api-v0
  why: it ends
  mode: enforce
  api: v0
  state: active
  deprecated_from: 2027-01-01
  sunset: 2027-06-30T22:00Z
  retired_from: 2027-12-31
  brownouts: {from: 2027-05-03T10:00Z, every: 7 days, lasting: 5 minutes, growing_to: 2 hours}
  successor: v1
  information: /docs/moving
- name: order-d93a
  why: it ends too
  mode: enforce
  document: {format: edifact, name: ORDERS, version: D.93A}
  state: active
  deprecated_from: 2027-01-01
  sunset: 2027-06-30
  successor: D.96A
- name: order-d96a
  why: current
  mode: enforce
  document: {format: edifact, name: ORDERS, version: D.96A}
  state: active
exceptions:
- name: aurora-keeps-v0
  why: their new system goes live in September
  mode: enforce
  partners: [aurora]
  api: v0
  until: 2027-10-01
  approved_by: k.lindner
critical_windows:
- name: nordlicht-mornings
  why: their trucks leave at noon
  mode: enforce
  partners: [nordlicht]
  zone: Europe/Berlin
  windows: [Mon 11:00-13:00]
"""


@pytest.fixture
def ending(rules: Path) -> PolicySet:
    (rules / "versions.yaml").write_text(ENDING)
    return load(rules)


def calling(text: str, sender: str = "kiesel", version: str = "v0") -> RequestFacts:
    return RequestFacts(
        sender_kind="partner",
        sender=sender,
        client=f"{sender}-edi",
        roles=frozenset({"orders.send"}),
        plan="standard",
        api_version=version,
        at=datetime.fromisoformat(text).replace(tzinfo=UTC),
    )


def refused(verdict: Allowed | Refused) -> Refused:
    assert isinstance(verdict, Refused), verdict
    return verdict


def test_a_version_goes_through_its_life_by_itself(ending: PolicySet) -> None:
    assert isinstance(ending.admit(calling("2026-12-31T23:59:59")), Allowed)
    deprecated = ending.admit(calling("2027-04-30T12:00:00"))
    assert isinstance(deprecated, Allowed)
    assert dict(deprecated.fields) == {
        "Deprecation": "@1798761600",
        "Sunset": "Wed, 30 Jun 2027 22:00:00 GMT",
        "Link": '</docs/moving>; rel="deprecation", </docs/moving>; rel="sunset", </v1>; rel="successor-version"',
    }
    assert isinstance(ending.admit(calling("2027-06-30T21:59:59")), Allowed)
    over = refused(ending.admit(calling("2027-06-30T22:00:00")))
    assert (over.code, over.text) == ("version.retired", "API version `v0` is retired since 2027-06-30")
    assert over.act == "use `v1`; see /docs/moving"
    assert (over.rule.file, over.rule.line, over.revision) == ("versions.yaml", 5, ending.revision)


def test_a_brownout_says_until_when_and_what_to_do(ending: PolicySet) -> None:
    verdict = refused(ending.admit(calling("2027-05-03T10:01:00")))
    assert verdict.code == "version.brownout"
    assert verdict.text == "API version `v0` is switched off until 10:05:00 UTC, because it ends on 2027-06-30"
    assert verdict.act == "use `v1`; see /docs/moving; the same request is taken again after that"
    assert verdict.retry_after == 240
    assert isinstance(ending.admit(calling("2027-05-03T10:05:00")), Allowed)
    assert isinstance(ending.admit(calling("2027-05-03T10:01:00", version="v1")), Allowed)


def test_brownouts_grow_from_the_first_to_the_last_and_end_with_the_sunset() -> None:
    start, sunset = datetime(2027, 5, 3, 10, tzinfo=UTC), datetime(2027, 6, 30, 22, tzinfo=UTC)
    written = Brownouts(
        from_=Moment.from_text("2027-05-03T10:00Z"),
        every=Duration.from_text("7 days"),
        lasting=Duration.from_text("5 minutes"),
        growing_to=Duration.from_text("2 hours"),
    )
    windows = list(BrownoutTimes(written, sunset))
    lengths = [end - begin for begin, end in windows]
    assert lengths[0] == timedelta(minutes=5)
    assert lengths[-1] == timedelta(hours=2)
    assert lengths == sorted(lengths)
    assert len(set(lengths)) == len(lengths) == 9
    assert windows[0][0] == start
    assert windows[-1][1] <= sunset
    late = replace(written, from_=Moment.from_text("2027-06-30T21:59Z"))
    assert list(BrownoutTimes(late, sunset)) == [(datetime(2027, 6, 30, 21, 59, tzinfo=UTC), sunset)]


def test_nobody_is_browned_out_in_a_critical_window_of_its_own(ending: PolicySet) -> None:
    assert isinstance(ending.admit(calling("2027-05-03T10:01:00", "nordlicht")), Allowed)  # 12:01 in Berlin
    assert isinstance(ending.admit(calling("2027-05-03T10:01:00", "kiesel")), Refused)
    later = ending.admit(calling("2027-06-28T11:30:00", "nordlicht"))  # 13:30 in Berlin, the window has grown
    assert refused(later).code == "version.brownout"


def test_an_exception_holds_for_its_partner_until_its_end(ending: PolicySet) -> None:
    for at in ("2027-05-03T10:01:00", "2027-06-30T22:00:00", "2027-09-30T23:59:59"):
        verdict = ending.admit(calling(at, "aurora"))
        assert isinstance(verdict, Allowed)
        assert dict(verdict.fields)["Sunset"] == "Fri, 01 Oct 2027 00:00:00 GMT"
    assert refused(ending.admit(calling("2027-10-01T00:00:00", "aurora"))).code == "version.retired"
    plant = replace(
        calling("2027-07-01T00:00:00", "aurora"), sender_kind="plant", roles=frozenset({"production.confirm"})
    )
    assert refused(ending.admit(plant)).code == "version.retired", "an exception of a partner is not a plant's"


def test_a_document_version_ends_like_an_api_version(ending: PolicySet) -> None:
    def order(at: str) -> DocumentFacts:
        return DocumentFacts(
            request=calling(at, version="v1"), format="edifact", name="ORDERS", version="D.93A",
            document_type="purchase_order", size=100,
        )  # fmt: skip

    taken = ending.judge(order("2027-03-01T00:00:00"))
    assert isinstance(taken, Allowed)
    assert dict(taken.fields) == {"Deprecation": "@1798761600", "Sunset": "Wed, 30 Jun 2027 00:00:00 GMT"}
    over = refused(ending.judge(order("2027-06-30T00:00:00")))
    assert (over.code, over.act) == ("version.document_retired", "use `D.96A`")


def test_a_state_written_down_is_never_taken_back_by_a_date(rules: Path) -> None:
    text = ENDING.replace("  api: v0\n  state: active", "  api: v0\n  state: sunset")
    (rules / "versions.yaml").write_text(text)
    early = load(rules)
    assert refused(early.admit(calling("2027-02-01T00:00:00"))).code == "version.retired"
    assert isinstance(early.admit(calling("2027-02-01T00:00:00", "aurora")), Allowed)


def test_a_version_in_observe_mode_refuses_nobody_and_says_whom_it_would_have(rules: Path) -> None:
    (rules / "versions.yaml").write_text(
        ENDING.replace("mode: enforce\n  api: v0\n  state", "mode: observe\n  api: v0\n  state")
    )
    watched = load(rules)
    for at in ("2027-05-03T10:01:00", "2027-08-01T00:00:00"):
        verdict = watched.admit(calling(at))
        assert isinstance(verdict, Allowed)
        assert [rule.name for rule in verdict.observed] == ["api-v0"]


@pytest.mark.parametrize(("kind", "name", "version"), [("x12", "850", "004010"), ("vda", "4905", "02")])
def test_versions_of_x12_and_vda_are_named_as_their_labels_are(kind: str, name: str, version: str, rules: Path) -> None:
    rule = f"""kind: versions
rules:
- {{name: api-v1, why: current, mode: enforce, api: v1, state: active}}
- name: {kind}-{name}
  why: what the trucks are filled by
  mode: enforce
  document: {{format: {kind}, name: "{name}", version: "{version}"}}
  state: active
"""
    (rules / "versions.yaml").write_text(rule)
    facts = DocumentFacts(
        request=calling("2026-11-01T00:00:00", version="v1"), format=kind, name=name, version=version,
        document_type="purchase_order", size=100,
    )  # fmt: skip
    assert isinstance(load(rules).judge(facts), Allowed)
