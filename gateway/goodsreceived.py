"""A receipt of goods as the answer to a despatch advice: which it answers, and whether all came as it was told."""

from typing import Literal

from translators.canonical.receipt import Receipt, ReceiptLine


def despatches_of(receipt: Receipt) -> list[str]:
    """The numbers of the despatch advices it is about, each once; a receipt that takes another back answers none."""
    if receipt.reverses is not None:
        return []
    named = [receipt.despatch, *(line.despatch for line in receipt.lines)]
    return list(dict.fromkeys(one.number for one in named if one is not None))


def verdict_of(receipt: Receipt) -> Literal["accepted", "rejected"]:
    """A part that was rejected, is short, too much or damaged is a no that a person must see."""
    return "rejected" if any(_is_wanting(line) for line in receipt.lines) else "accepted"


def _is_wanting(line: ReceiptLine) -> bool:
    return any(one is not None and one.value for one in (line.rejected, line.short, line.over, line.damaged))
