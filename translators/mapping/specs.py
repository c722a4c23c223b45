"""What a map file may say. See `translators/maps/README.md` for the words an EDI analyst needs."""

from typing import Literal

from msgspec import Struct, field


class Around(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The nodes around those of a row: `use`, a part, says what of them is said of each entry of the list.

    `shared`: fields that go to the object around the list when all entries say the same.
    """

    at: str
    use: str
    shared: tuple[str, ...] = ()


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a map. A value row has `from` (or `value`), a block row has `rows` or `use`.

    `name`: what other maps call the row that change it; else its `to`. `to`: the canonical field, dotted; `[]` at its
    end appends. `from`: one path or several, the first that has a value wins. `at`: the nodes the block stands for, one
    object each; with `around`, below each of the nodes there. `as`: how a text is converted. `format`: the path of the
    code that says how a date is written; `formats`: the codes we may write there. `table`: a table of the map. `join`:
    several values become one text. `required`: what is missing refuses the document, saying `because`; with `leave_out`
    the object is left out, and told. `otherwise` is read where the message says nothing. `when`: the row holds only
    where this path has a value. `only` makes a row that refuses other values, saying `because`. `write`: a constant to
    be written. `count`, `sum`: a control total over the canonical fields of this path, to be written. `direction`: the
    row is for one of the two.
    """

    name: str | None = None
    to: str = ""
    from_: str | tuple[str, ...] | None = field(name="from", default=None)
    value: str | bool | None = None
    at: str | None = None
    around: Around | None = None
    rows: "tuple[Row, ...]" = ()
    use: str | None = None
    as_: str | None = field(name="as", default=None)
    format: str | None = None
    formats: tuple[str, ...] = ()
    table: str | None = None
    join: str | None = None
    required: bool | Literal["leave_out"] = False
    otherwise: str | None = None
    when: str | None = None
    only: tuple[str, ...] = ()
    because: str = ""
    write: str | None = None
    count: str | None = None
    sum: str | None = None
    direction: Literal["both", "read", "write"] = "both"

    @property
    def paths(self) -> tuple[str, ...]:
        """`from` as a list."""
        if self.from_ is None:
            return ()
        return (self.from_,) if isinstance(self.from_, str) else self.from_

    @property
    def called(self) -> str:
        """What a changing map calls this row."""
        return self.name if self.name is not None else self.to.removesuffix("[]")


Policy = Literal["refuse", "park", "pass"]


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code cross-reference, here (`codes`) or in a file of its own (`file`, the name of a table beside the maps).

    `others`: what happens to a code that is not in it. `writes`: canonical value -> code, where writing differs.
    """

    codes: dict[str, str] = {}
    others: Policy = "refuse"
    writes: dict[str, str] = {}
    file: str | None = None


class Waiver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the map leaves out on purpose, and why: a `path` of messages, or a canonical field (`to`)."""

    reason: str
    path: str | None = None
    to: str | None = None


class Change(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One difference from the map this one extends: exactly one of `add`, `replace`, `remove` names a row.

    Names are joined by `/` (`lines/quantity`); `part` starts inside a part. `path` chooses among rows of one name by
    their `at` or `from`. `add` names the block that gets `rows`, at its end or `before` or `after` a row of it.
    """

    add: str | None = None
    replace: str | None = None
    remove: str | None = None
    part: str | None = None
    path: str | None = None
    before: str | None = None
    after: str | None = None
    rows: tuple[Row, ...] = ()
    because: str = ""


class MapSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A map, with everything it inherits.

    `doctype`: the address of the DTD a document we write has to name, as cXML does; nobody fetches it. `gs1_keys`: what
    becomes of a GTIN, GLN, SSCC, GRAI or DUNS that is none: the document is refused, or it is told and the number kept
    as one of the sender's own. `reads_only`: why nothing is written by it; empty for both directions.
    """

    format: Literal["edifact", "x12", "vda", "xml"]
    message: str
    version: str
    document: str
    root: str = ""
    doctype: str = ""
    gs1_keys: Literal["refuse", "tell"] = "refuse"
    namespaces: dict[str, str] = {}
    order: dict[str, tuple[str, ...]] = {}
    tables: dict[str, Table] = {}
    parts: dict[str, tuple[Row, ...]] = {}
    rows: tuple[Row, ...]
    reads_only: str = ""
    waived: tuple[Waiver, ...] = ()
    samples: tuple[str, ...] = ()


class Extension(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A map that extends another: what is said here replaces, tables and parts by name; `changes` go row by row."""

    extends: str
    message: str | None = None
    version: str | None = None
    root: str | None = None
    doctype: str | None = None
    gs1_keys: Literal["refuse", "tell"] | None = None
    reads_only: str | None = None
    namespaces: dict[str, str] = {}
    order: dict[str, tuple[str, ...]] = {}
    tables: dict[str, Table] = {}
    parts: dict[str, tuple[Row, ...]] = {}
    changes: tuple[Change, ...] = ()
    waived: tuple[Waiver, ...] = ()
    samples: tuple[str, ...] = ()
