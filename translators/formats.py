"""The label of a submission: what it is, told from its first bytes."""

from typing import Literal

from msgspec import Struct

Format = Literal["edifact", "x12", "vda", "xml", "json"]


class Label(Struct, frozen=True):
    """Format, type and version of a submission.

    `name` and `version` are the format's own words (`ORDERS` `D.96A`, `850` `004010`, `4905` `02`, `Order` `2.1`,
    `purchase_order` `1`);
    `document_type` is the canonical object they become (`purchase_order`).
    """

    format: Format
    name: str
    version: str
    document_type: str
