"""What a plant is to make (ISA-95 OperationsRequest and JobOrder, OAGIS ProductionOrder). Key: site, order, version.

A higher version replaces the ones before it. Operations, materials and outputs are named by stable numbers.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from translators.canonical.identifiers import Identifier
from translators.canonical.quantities import Quantity
from translators.canonical.references import Note, Ref
from translators.canonical.rules import check_durations, check_numbers
from translators.canonical.times import Instant, Span, check_instant

_Name = Annotated[str, Meta(min_length=1)]
_Product = Annotated[tuple[Identifier, ...], Meta(min_length=1)]

OrderState = Literal["planned", "released", "started", "held", "finished", "closed", "cancelled"]


class Operation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One step of the routing at one work centre."""

    number: _Name
    work_center: str | None = None
    segment: str | None = None
    """The process segment of ISA-95."""
    description: str | None = None
    planned: Span | None = None
    setup_time: Quantity | None = None
    run_time: Quantity | None = None
    """For the whole quantity of the order."""
    specification: str | None = None

    def __post_init__(self) -> None:
        check_durations(setup_time=self.setup_time, run_time=self.run_time)


class Material(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is used up; `quantity` is for the whole order."""

    number: _Name
    product: _Product
    description: str | None = None
    quantity: Quantity
    operation: str | None = None
    backflush: bool = False
    """Booked by the system when output is confirmed, not reported by people."""
    lot_rule: Literal["any", "fifo", "fefo", "single_lot", "named_lots"] | None = None
    lots: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.quantity.value <= 0:
            raise ValueError("`quantity` must be more than zero")
        if (self.lot_rule == "named_lots") != bool(self.lots):
            raise ValueError("`lots` are named if, and only if, `lot_rule` is named_lots")


class PlannedOutput(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What comes out beside the product itself, or how the product is split into lots."""

    number: _Name
    kind: Literal["product", "by_product", "co_product"]
    product: _Product
    quantity: Quantity
    lot: str | None = None
    operation: str | None = None


class ProductionOrder(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="production_order/1",
):
    """An order to make `quantity` of `product`."""

    site: _Name
    order_no: _Name
    version: _Name
    state: OrderState
    product: _Product
    description: str | None = None
    quantity: Quantity
    lot: str | None = None
    bom_revision: str | None = None
    routing_revision: str | None = None
    priority: str | None = None
    earliest: Instant | None = None
    latest: Instant | None = None
    operations: tuple[Operation, ...] = ()
    materials: tuple[Material, ...] = ()
    outputs: tuple[PlannedOutput, ...] = ()
    pegging: tuple[Ref, ...] = ()
    """Which orders of customers, or of the next stage, this is made for."""
    supersedes: str | None = None
    notes: tuple[Note, ...] = ()
    ext: dict[str, str] | None = None

    def __post_init__(self) -> None:
        for moment in (self.earliest, self.latest):
            if moment is not None:
                check_instant(moment)
        if self.earliest is not None and self.latest is not None and self.latest < self.earliest:
            raise ValueError("`latest` lies before `earliest`")
        if self.quantity.value <= 0:
            raise ValueError("`quantity` must be more than zero")
        if self.supersedes is not None and self.supersedes == self.version:
            raise ValueError("`supersedes` names this version itself")
        check_numbers(self.operations, "operations")
        check_numbers(self.materials, "materials")
        check_numbers(self.outputs, "outputs")
        self._check_operations_exist()

    def _check_operations_exist(self) -> None:
        known = {operation.number for operation in self.operations}
        for what, parts in (("material", self.materials), ("output", self.outputs)):
            for part in parts:
                if part.operation is not None and part.operation not in known:
                    text = (
                        f"{what} `{part.number[:35]}` belongs to operation `{part.operation[:35]}`, which is not listed"
                    )
                    raise ValueError(text)
