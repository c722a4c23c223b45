"""What a guideline file may say. See `docs/for-edi-analysts/guidelines.md` for the words an EDI analyst needs."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=1)]


class RuleSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule, about the groups, segments or elements `at` a path.

    `required`: it must be there, once in each group around it. `not_used`: it must not. `most`: how often, `longest`
    and `shortest`: how many characters. `codes`: the values that are taken, `fixed`: the only one. `when`: the rule
    holds only for messages where this path, from the root, has something. `optional`: what is mandatory otherwise may
    be left out. `widens`: why the rule takes more than the directory or the guideline it extends.
    """

    at: str
    required: bool = False
    not_used: bool = False
    optional: bool = False
    most: Count | None = None
    longest: Count | None = None
    shortest: Count | None = None
    codes: tuple[str, ...] = ()
    fixed: str | None = None
    when: str | None = None
    because: str = ""
    severity: Literal["error", "warning"] = "error"
    widens: str | None = None

    @property
    def values(self) -> frozenset[str]:
        """The values that are taken; empty for any."""
        return frozenset({self.fixed} if self.fixed is not None else self.codes)


class GuidelineSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A guideline: `extends` names another one beside it or among those that ship; without it, the directory is meant.

    `message` and `release` may be left out where they are inherited. `association`: the codes of 0057 it is chosen by.
    """

    name: str
    extends: str | None = None
    message: str | None = None
    release: str | None = None
    association: tuple[str, ...] = ()
    rules: tuple[RuleSpec, ...] = ()
