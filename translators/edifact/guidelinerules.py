"""The rules of a guideline applied to a message."""

from msgspec import Struct

from translators.edifact.faults import Faults
from translators.edifact.guidelinepaths import Node, Target, Value
from translators.edifact.guidelinespecs import RuleSpec
from translators.edifact.interchange import Message
from translators.edifact.structure import GroupInstance, Placed


class GuidelineRule(Struct, frozen=True):
    """A rule with what its paths mean."""

    spec: RuleSpec
    target: Target
    when: Target | None


def tell(rule: GuidelineRule, root: GroupInstance, message: Message, guideline: str, faults: Faults) -> None:
    """Everything in the message that this rule does not take."""
    if rule.when is not None and not _is_there(rule.when, root):
        return
    teller = _Teller(rule, message, guideline, faults)
    for parent in rule.target.parents(root):
        if rule.target.element is None:
            teller.nodes(parent, rule.target.children(parent))
        elif isinstance(parent, Placed):
            teller.values(parent, rule.target.element.values(parent))


class _Teller:
    """Says what one rule finds; every sentence names the guideline and gives its reason."""

    def __init__(self, rule: GuidelineRule, message: Message, guideline: str, faults: Faults) -> None:
        self._spec = rule.spec
        self._target = rule.target
        self._message = message
        self._guideline = guideline
        self._faults = faults

    def nodes(self, parent: Node, found: list[Node]) -> None:
        """Groups and segments: there, not there, too often."""
        spec, name = self._spec, self._named()
        if spec.required and not found:
            self._say("missing", "edifact.guideline.missing", f"{name} is required", _trigger(parent, self._message))
        if spec.not_used and found:
            self._say(
                "position", "edifact.guideline.not_used", f"{name} is not used", _trigger(found[0], self._message)
            )
        elif spec.most is not None and len(found) > spec.most:
            is_group = self._target.step is not None and self._target.step.group is not None
            times = "time" if spec.most == 1 else "times"
            text = f"{name} occurs {len(found)} times; at most {spec.most} {times}"
            at = _trigger(found[spec.most], self._message)
            self._say("group_repeats" if is_group else "segment_repeats", "edifact.guideline.repeats", text, at)

    def values(self, segment: Placed, found: list[Value]) -> None:
        """Elements: there, not there, too long, another value."""
        spec, name = self._spec, self._named()
        element = self._target.element
        assert element is not None
        first = element.places[0]
        place = (first[0], first[1] + 1 if element.rule.is_composite and first[1] >= 0 else 0, 1)
        if spec.required and not found:
            self._say("missing", "edifact.guideline.missing", f"{name} is required", segment, place)
        if spec.not_used and found:
            at = (found[0].element, found[0].component, found[0].repetition)
            self._say("position", "edifact.guideline.not_used", f"{name} is not used", segment, at)
            return
        repetitions = len({(each.element, each.repetition) for each in found})
        if spec.most is not None and repetitions > spec.most:
            text = f"{name} occurs {repetitions} times; at most {spec.most}"
            self._say("constituents", "edifact.guideline.repeats", text, segment, place)
        for value in found:
            self._value(value)

    def _value(self, value: Value) -> None:
        spec, name = self._spec, self._named()
        at = (value.element, value.component, value.repetition)
        length = len(value.text)
        if spec.longest is not None and length > spec.longest:
            text = f"{name} has {length} characters; at most {spec.longest} are taken"
            self._say("long", "edifact.guideline.value", text, value.placed, at)
        if spec.shortest is not None and length < spec.shortest:
            text = f"{name} has {length} characters; at least {spec.shortest} are taken"
            self._say("short", "edifact.guideline.value", text, value.placed, at)
        if spec.values and value.text not in spec.values:
            known = ", ".join(sorted(spec.values)[:12])
            text = f"`{value.text[:35]}` is not taken as {name}; taken are {known}"
            self._say("value", "edifact.guideline.value", text, value.placed, at)

    def _named(self) -> str:
        return f"`{self._spec.at}`"

    def _say(self, kind: str, code: str, text: str, placed: Placed, at: tuple[int, int, int] = (0, 0, 1)) -> None:
        reason = f" ({self._spec.because})" if self._spec.because else ""
        element, component, repetition = at
        self._faults.tell(
            kind, code, f"{self._guideline}: {text}{reason}", placed.segment, element, component,
            position=placed.position, repetition=repetition, severity=self._spec.severity,
        )  # fmt: skip


def _is_there(target: Target, root: GroupInstance) -> bool:
    for parent in target.parents(root):
        if target.element is None:
            if target.children(parent):
                return True
        elif isinstance(parent, Placed) and target.element.values(parent):
            return True
    return False


def _trigger(node: Node, message: Message) -> Placed:
    """Where a node begins: a group at its trigger, the message at its UNH."""
    if isinstance(node, Placed):
        return node
    first = next(iter(node.segments.values()), None)
    return first[0] if first else Placed(message.segments[0], 1)
