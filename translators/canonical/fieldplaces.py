"""Where a JSON pointer leads in the shape of a canonical document, for files in which people name fields."""

from functools import cache
from typing import Any

from msgspec import Struct, inspect

from translators.canonical.documents import KINDS
from translators.yamlsentences import suggest


class FieldPlace(Struct, frozen=True):
    """`required`: the document is nothing without it. `is_text`: it holds plain text."""

    required: bool
    is_text: bool


@cache
def document_types() -> frozenset[str]:
    return frozenset(kind.document_type for kind in KINDS.values())


def field_at(document_type: str, path: str) -> FieldPlace | str:
    """The field at `path`, a JSON pointer with `*` for the entries of a list; or a sentence, where there is none."""
    kind = next(one for one in KINDS.values() if one.document_type == document_type)
    shape: Any = inspect.type_info(kind.struct)
    required = True
    walked = ""
    for step in path.split("/")[1:]:
        shape = _without_none(shape)
        if step == "*" and isinstance(shape, inspect.VarTupleType | inspect.ListType):
            shape, required = shape.item_type, True
        elif isinstance(shape, inspect.DictType):
            shape, required = shape.value_type, False
        elif isinstance(shape, inspect.StructType):
            fields = {field.encode_name: field for field in shape.fields}
            if step not in fields:
                return f"`{walked}/{step}` is not in a {document_type}; {suggest(step, sorted(fields))}"
            shape, required = fields[step].type, fields[step].required
        else:
            return f"`{walked or '/'}` has no `{step}` in a {document_type}"
        walked += f"/{step}"
    return FieldPlace(required=required, is_text=isinstance(_without_none(shape), inspect.StrType))


def _without_none(shape: Any) -> Any:
    if not isinstance(shape, inspect.UnionType):
        return shape
    return next(one for one in shape.types if not isinstance(one, inspect.NoneType))
