"""What the counters' answers mean for the sender: the verdict and its fields."""

from msgspec.structs import replace

from policies.charges import Charge, Charges, Counted, Pace, State
from policies.limits import verdict as verdict_on
from policies.verdicts import Allowed, Refused, RuleRef

TRIAL = Charge(
    rule=RuleRef("limits", "trial", "limits.yaml", 7),
    key="{partner:kiesel}:trial",
    measure=Pace(200_000, 10),
    announcement='"trial";q=10;w=2',
    allows="requests at 5 per 1s, 10 at once",
    revision="sha256:0123456789abcdef",
)
DAILY = replace(
    TRIAL,
    rule=RuleRef("limits", "daily", "limits.yaml", 15),
    measure=Pace(86_400_000, 1_000),
    announcement='"daily";q=1000;w=86400',
    allows="requests at 1000 per day, 1000 at once",
)


def verdict(charges: list[Charge], states: list[State]) -> Allowed | Refused:
    return verdict_on(Counted(Charges(charges), tuple(states)))


def test_an_admitted_request_names_the_tightest_limit_and_announces_all() -> None:
    told = verdict([TRIAL, DAILY], [State(True, 4, 1_200_000), State(True, 300, 60_480_000_000)])
    assert told == Allowed(
        DAILY.rule,
        (
            ("RateLimit-Policy", '"trial";q=10;w=2, "daily";q=1000;w=86400'),
            ("RateLimit", '"daily";r=300;t=60480'),
        ),
        (),
        "sha256:0123456789abcdef",
    )


def test_a_refused_request_is_told_when_to_come_back_and_never_too_early() -> None:
    told = verdict([TRIAL, DAILY], [State(False, 0, 1_000_001), State(True, 300, 60_480_000_000)])
    assert isinstance(told, Refused)
    assert (told.code, told.rule.name, told.retry_after) == ("limit.exceeded", "trial", 2)
    assert told.text == "limit `trial` is used up; it allows requests at 5 per 1s, 10 at once"
    assert told.act == "wait 2 s, then send again; the same request is safe to repeat"
    assert told.fields[1] == ("RateLimit", '"trial";r=0;t=2')
    assert told.revision == "sha256:0123456789abcdef"


def test_of_two_limits_used_up_the_longer_wait_counts() -> None:
    told = verdict([TRIAL, DAILY], [State(False, 0, 200_000), State(False, 0, 86_400_000)])
    assert isinstance(told, Refused)
    assert (told.rule.name, told.retry_after) == ("daily", 87)
    assert told.fields[1] == ("RateLimit", '"daily";r=0;t=87')


def test_a_wait_is_never_told_as_zero() -> None:
    told = verdict([TRIAL], [State(False, 0, 1)])
    assert isinstance(told, Refused)
    assert told.retry_after == 1


def test_a_limit_that_only_observes_refuses_nothing_and_announces_nothing() -> None:
    quiet = replace(TRIAL, enforced=False)
    told = verdict([quiet, DAILY], [State(False, 0, 200_000), State(True, 300, 60_480_000_000)])
    assert isinstance(told, Allowed)
    assert told.observed == (TRIAL.rule,)
    assert told.fields == (("RateLimit-Policy", '"daily";q=1000;w=86400'), ("RateLimit", '"daily";r=300;t=60480'))
    alone = verdict([quiet], [State(False, 0, 200_000)])
    assert isinstance(alone, Allowed)
    assert (alone.fields, alone.observed) == ((), (TRIAL.rule,))


def test_a_cost_above_the_burst_is_told_that_waiting_does_not_help() -> None:
    lines = replace(TRIAL, cost=11, unit="lines")
    told = verdict([lines], [State(False, 10, 200_000)])
    assert isinstance(told, Refused)
    assert (told.code, told.retry_after) == ("limit.too_large", None)
    assert told.text == "11 lines at once are more than limit `trial` ever allows (10)"
    assert told.act == "send at most 10 lines at a time"


def test_a_share_used_up_and_a_store_away_have_codes_of_their_own() -> None:
    share = verdict([TRIAL], [State(False, 0, 400_000, "share")])
    assert isinstance(share, Refused)
    assert (share.code, share.text) == (
        "limit.reduced_capacity",
        "limit `trial` (requests at 5 per 1s, 10 at once) gives less than that for a while",
    )
    away = verdict([TRIAL], [State(False, 0, 2_000_000, "none")])
    assert isinstance(away, Refused)
    assert (away.code, away.retry_after, away.text) == (
        "limit.unavailable",
        2,
        "limit `trial` cannot be counted at the moment, and it refuses what it cannot count",
    )


def test_nothing_charged_is_allowed_without_a_field() -> None:
    assert verdict([], []) == Allowed()
