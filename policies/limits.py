"""Limits that are counted: what is charged, what the counters answer, and what that means for the sender.

The tightest of all that match wins. The fields are those of draft-ietf-httpapi-ratelimit-headers-10: `q` is the burst
and `w` the seconds in which a whole burst grows back, which is the same rate, and the remaining units `r` can then
never be more than `q`.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from policies.verdicts import Allowed, Code, Field, Refused, RuleRef

OnStoreLoss = Literal["local-share", "refuse", "allow"]
Counted = Literal["requests", "documents", "lines", "bytes"]


class Charge(Struct, frozen=True, kw_only=True):
    """One count to make: `cost` units against `key`, of which `burst` fit at once and one grows back every
    `interval_us` microseconds. `key` carries no secret and begins with the sender.
    """

    rule: RuleRef
    key: str
    interval_us: int
    burst: int
    cost: int = 1
    quota: int
    window: int
    """Seconds; with `quota` the RateLimit-Policy of this limit."""
    on_store_loss: OnStoreLoss = "local-share"
    enforced: bool = True
    """False: counted and told, but never a reason to refuse."""
    unit: Counted = "requests"
    announcement: str = ""
    """Its item of the RateLimit-Policy field."""
    allows: str = ""
    """The limit in its author's words."""
    revision: str = ""


class State(Struct, frozen=True):
    """What the counter says about one charge after it was made, or not made.

    `remaining` units fit right now; `reset_us` is the time until the limit is whole again when `allowed`, and until
    this charge would fit when not. `source`: the shared store, this gateway's own share, or nobody.
    """

    allowed: bool
    remaining: int
    reset_us: int
    source: Literal["store", "share", "none"] = "store"


def verdict(charges: Sequence[Charge], states: Sequence[State]) -> Allowed | Refused:
    """What the counters' answers mean; the tightest limit is named in `RateLimit`, all are in `RateLimit-Policy`."""
    if len(charges) != len(states):
        raise ValueError(f"{len(charges)} charges and {len(states)} states do not belong together")
    if not charges:
        return Allowed()
    observed: tuple[RuleRef, ...] = ()
    worst: tuple[Charge, State] | None = None
    tightest = (charges[0], states[0])
    for charge, state in zip(charges, states, strict=True):
        if not charge.enforced:
            observed = observed if state.allowed else (*observed, charge.rule)
        elif not state.allowed and (worst is None or state.reset_us > worst[1].reset_us):
            worst = (charge, state)
        if _is_tighter(charge, state, *tightest):
            tightest = (charge, state)
    if worst is not None:
        return _refusal(*worst, charges, observed)
    charge, state = tightest
    return Allowed(charge.rule, _fields(charge, state, charges), observed, charge.revision)


def _is_tighter(charge: Charge, state: State, than: Charge, than_state: State) -> bool:
    """Less of its quota is left, compared as fractions; a limit that only observes is never the tightest of several."""
    if charge.enforced != than.enforced:
        return charge.enforced
    return state.remaining * than.quota < than_state.remaining * charge.quota


def _fields(charge: Charge, state: State, charges: Sequence[Charge]) -> tuple[Field, ...]:
    announced = [one.announcement for one in charges if one.enforced]
    if not announced:
        return ()
    seconds = max(0, -(-state.reset_us // 1_000_000))
    return (
        ("RateLimit-Policy", announced[0] if len(announced) == 1 else ", ".join(announced)),
        ("RateLimit", f'"{charge.rule.name}";r={state.remaining};t={seconds}'),
    )


def _refusal(charge: Charge, state: State, charges: Sequence[Charge], observed: tuple[RuleRef, ...]) -> Refused:
    fields = _fields(charge, state, charges)
    if charge.cost > charge.burst:
        text = (
            f"{charge.cost} {charge.unit} at once are more than limit `{charge.rule.name}` ever allows ({charge.burst})"
        )
        act = f"send at most {charge.burst} {charge.unit} at a time"
        return Refused(charge.rule, "limit.too_large", text, act, None, fields, observed, charge.revision)
    seconds = max(1, -(-state.reset_us // 1_000_000))
    code, text = _what_was_exceeded(charge, state)
    act = f"wait {seconds} s, then send again; the same request is safe to repeat"
    return Refused(charge.rule, code, text, act, seconds, fields, observed, charge.revision)


def _what_was_exceeded(charge: Charge, state: State) -> tuple[Code, str]:
    name = charge.rule.name
    if state.source == "none":
        return (
            "limit.unavailable",
            f"limit `{name}` cannot be counted at the moment, and it refuses what it cannot count",
        )
    if state.source == "share":
        return "limit.reduced_capacity", f"limit `{name}` ({charge.allows}) gives less than that for a while"
    return "limit.exceeded", f"limit `{name}` is used up; it allows {charge.unit} at {charge.allows}"
