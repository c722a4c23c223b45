"""What the counters' answers mean for the sender: a verdict, and the fields that tell how much is left.

The tightest of all limits that match wins. The fields are those of draft-ietf-httpapi-ratelimit-headers-11: of a rate
`q` is the burst and `w` the seconds in which a whole burst grows back, which is the same rate, and the remaining units
`r` can then never be more than `q`. A limit whose unit the draft has no word for (`documents`, `lines`, `points`) is
told in refusals only: without `qu` a client would read it as requests.
"""

from policies.charges import AtOnce, Charge, Counted, State
from policies.verdicts import Allowed, Code, Field, Refused, RuleRef

_Pair = tuple[Charge, State]


def verdict(counted: Counted) -> Allowed | Refused:
    """The tightest limit is named in `RateLimit`, all are in `RateLimit-Policy`."""
    observed: tuple[RuleRef, ...] = ()
    violated: list[_Pair] = []
    tightest: _Pair | None = None
    for charge, state in zip(counted.charges, counted.states, strict=True):
        if not charge.enforced:
            observed = observed if state.allowed else (*observed, charge.rule)
            continue
        if not state.allowed:
            violated.append((charge, state))
        if tightest is None or state.remaining * tightest[0].measure.most < tightest[1].remaining * charge.measure.most:
            tightest = (charge, state) if charge.announcement else tightest
    if violated:
        return _refusal(violated, counted, observed)
    fields = _fields(tightest, counted)
    if tightest is None:
        first = counted.charges[0] if counted.charges else None
        return Allowed(first.rule, fields, observed, first.revision) if first else Allowed()
    return Allowed(tightest[0].rule, fields, observed, tightest[0].revision)


def _fields(shown: _Pair | None, counted: Counted) -> tuple[Field, ...]:
    announced = counted.charges.announced
    if not announced:
        return ()
    if shown is None or not shown[0].announcement:
        return (("RateLimit-Policy", announced),)
    charge, state = shown
    # Nobody knows when a request that is under way will have been answered.
    time = "" if type(charge.measure) is AtOnce else f";t={-(-state.reset_us // 1_000_000)}"
    item = f'"{charge.rule.name}";r={state.remaining}{time}{charge.partition}'
    return (("RateLimit-Policy", announced), ("RateLimit", item))


def _refusal(violated: list[_Pair], counted: Counted, observed: tuple[RuleRef, ...]) -> Refused:
    """By the limit that would keep the sender waiting longest; a wait that is told is enough for all of them."""
    charge, state = max(violated, key=_wait)
    names = tuple(one.rule.name for one, _ in violated)
    if charge.cost > charge.measure.most:
        most = charge.measure.most
        text = f"{charge.cost} {charge.unit} at once are more than limit `{charge.rule.name}` ever allows ({most})"
        act = f"send at most {most} {charge.unit} at a time"
        fields = _fields(None, counted)
        return Refused(charge.rule, "limit.too_large", text, act, None, fields, observed, charge.revision, names)
    seconds = max(1, -(-state.reset_us // 1_000_000))
    code, text = _what_was_exceeded(charge, state)
    act = f"wait {seconds} s, then send again; the same request is safe to repeat"
    # A field `t` beyond Retry-After would contradict it, so nothing but what is used up is shown.
    fields = _fields((charge, state), counted)
    return Refused(charge.rule, code, text, act, seconds, fields, observed, charge.revision, names)


def _wait(pair: _Pair) -> tuple[bool, int]:
    charge, state = pair
    return charge.cost > charge.measure.most, state.reset_us


def _what_was_exceeded(charge: Charge, state: State) -> tuple[Code, str]:
    name = charge.rule.name
    if state.source == "none":
        return (
            "limit.unavailable",
            f"limit `{name}` cannot be counted at the moment, and it refuses what it cannot count",
        )
    if state.source == "share":
        return "limit.reduced_capacity", f"limit `{name}` ({charge.allows}) gives less than that for a while"
    return "limit.exceeded", f"limit `{name}` is used up; it allows {charge.allows}"
