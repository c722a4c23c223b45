"""Whether a mask fits the shape of a document: a place that is written wrongly would hide nothing."""

from translators.canonical.fieldplaces import field_at


def problem_of(document_type: str, path: str, how: str) -> str | None:
    """What is wrong with masking the field at `path`, a JSON pointer with `*` for the entries of a list."""
    found = field_at(document_type, path)
    if isinstance(found, str):
        return found
    if how == "remove":
        return f"a {document_type} is nothing without `{path}`; use `replace`" if found.required else None
    return None if found.is_text else f"only text can be hidden by `{how}`, and `{path}` is none; use `remove`"
