"""Whether a mask fits the shape of a document: a place that is written wrongly would hide nothing."""

from functools import cache
from typing import Any

from msgspec import inspect

from translators.canonical.documents import KINDS
from translators.yamlsentences import suggest


@cache
def document_types() -> frozenset[str]:
    return frozenset(kind.document_type for kind in KINDS.values())


def problem_of(document_type: str, path: str, how: str) -> str | None:
    """What is wrong with masking the field at `path`, a JSON pointer with `*` for the entries of a list."""
    kind = next(one for one in KINDS.values() if one.document_type == document_type)
    shape: Any = inspect.type_info(kind.struct)
    required = True
    walked = ""
    for step in path.split("/")[1:]:
        shape = _without_none(shape)
        if step == "*" and isinstance(shape, inspect.VarTupleType | inspect.ListType):
            shape, required = shape.item_type, True
        elif (step == "*" and isinstance(shape, inspect.DictType)) or isinstance(shape, inspect.DictType):
            shape, required = shape.value_type, False
        elif isinstance(shape, inspect.StructType):
            fields = {field.encode_name: field for field in shape.fields}
            if step not in fields:
                return f"`{walked}/{step}` is not in a {document_type}; {suggest(step, sorted(fields))}"
            shape, required = fields[step].type, fields[step].required
        else:
            return f"`{walked or '/'}` has no `{step}` in a {document_type}"
        walked += f"/{step}"
    if how == "remove":
        return f"a {document_type} is nothing without `{path}`; use `replace`" if required else None
    if not isinstance(_without_none(shape), inspect.StrType):
        return f"only text can be hidden by `{how}`, and `{path}` is none; use `remove`"
    return None


def _without_none(shape: Any) -> Any:
    if not isinstance(shape, inspect.UnionType):
        return shape
    return next(one for one in shape.types if not isinstance(one, inspect.NoneType))
