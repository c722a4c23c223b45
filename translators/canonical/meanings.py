"""What the fields of the canonical objects mean, and what is refused, as their modules say it.

The text under a field is its meaning (else what `meanings.txt` says), the sentences a module raises are its rules; both
are read from the source. Only what is published (JSON Schemas, pages) needs this; nothing that reads documents does.
"""

import ast
import inspect
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import ModuleType
from typing import Any


@cache
def _module(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


@cache
def _usual() -> dict[str, str]:
    lines = files("translators.canonical").joinpath("meanings.txt").read_text("utf-8").splitlines()
    entries = (line.partition(": ") for line in lines if line and not line.startswith("#"))
    return {field: meaning for field, _, meaning in entries}


def usual_meanings() -> dict[str, str]:
    """What `meanings.txt` says, by `field` or `Struct.field`."""
    return dict(_usual())


def meanings(struct: type[Any]) -> dict[str, str]:
    """Field -> what it means: the text under it in its struct, else what it usually means."""
    said = _texts_under(struct)
    for field in struct.__struct_fields__:
        usual = _usual().get(f"{struct.__name__}.{field}") or _usual().get(field)
        if field not in said and usual:
            said[field] = usual
    return said


def _texts_under(struct: type[Any]) -> dict[str, str]:
    module = inspect.getmodule(struct)
    assert module is not None
    classes = {node.name: node for node in ast.walk(_module(module)) if isinstance(node, ast.ClassDef)}
    found: dict[str, str] = {}
    for field, text in pairwise(classes[struct.__name__].body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and (words := _text(text)):
            found[field.target.id] = " ".join(words.split())
    return found


def sentences(module: ModuleType) -> list[str]:
    """Every sentence with which the module refuses something, in its order; what varies is `…`."""
    found: list[str] = []
    for function in ast.walk(_module(module)):
        if isinstance(function, ast.FunctionDef):
            found += _refusals(function)
    return list(dict.fromkeys(found))


def _refusals(function: ast.FunctionDef) -> list[str]:
    """What is raised in it; a text given a name first is the one that stands nearest above."""
    found: list[str] = []
    named: dict[str, ast.expr] = {}
    for node in sorted(
        (each for each in ast.walk(function) if isinstance(each, ast.stmt)), key=lambda each: each.lineno
    ):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[node.targets[0].id] = node.value
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            said = node.exc.args[0]
            found.append(_spelled(named[said.id] if isinstance(said, ast.Name) else said))
    return found


def _text(node: ast.stmt) -> str:
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return str(node.value.value) if is_text else ""  # type: ignore[attr-defined]  # narrowed in the line above


def _spelled(said: ast.expr) -> str:
    if isinstance(said, ast.Constant):
        return str(said.value)
    assert isinstance(said, ast.JoinedStr), "a refusal is a text written where it is raised"
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in said.values)
