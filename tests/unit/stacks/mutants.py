"""A provider module with one thing left out: a resource, a property, an entry of a list."""

import ast
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from tests.unit.stacks.registration import STACKS, load_module


def find_survivors(name: str, declare: Callable[[ModuleType], Any], skipped: frozenset[str]) -> list[str]:
    """What can be left out of a provider module without `declare`, given the mutant, noticing: nothing should be."""
    whole = declare(load_module(name))
    source = (STACKS / f"{name}.py").read_text(encoding="utf-8")
    return [without for without, text in list_mutants(source, skipped) if try_declare(declare, name, text) == whole]


def try_declare(declare: Callable[[ModuleType], Any], name: str, text: str) -> Any:
    """What `declare` finds; the error where the mutant breaks, which is noticed too."""
    try:
        return declare(load_module(name, text))
    except Exception as error:  # noqa: BLE001
        return error


def list_mutants(source: str, skipped: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Each mutant: what it is without ("line 12: protect=protected"), and its text.

    Left out, one at a time, are keyword arguments, entries of lists, and calls whose result nobody uses. Functions
    and constants whose names are `skipped`, and classes, stay whole.
    """
    tree = ast.parse(source)
    for outer in tree.body:
        if isinstance(outer, ast.ClassDef) or get_name(outer) in skipped:
            continue
        for items, index in list_removable(outer):
            left_out = items.pop(index)
            words = " ".join(ast.unparse(left_out).split())[:60]
            yield f"line {left_out.lineno}: {words}", ast.unparse(tree)
            items.insert(index, left_out)


def get_name(outer: ast.stmt) -> str:
    """The name of a function or constant of the module."""
    if isinstance(outer, ast.FunctionDef):
        return outer.name
    target = outer.targets[0] if isinstance(outer, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else ""


def list_removable(outer: ast.stmt) -> Iterator[tuple[list[Any], int]]:
    """The lists of the syntax tree from which something can be left out, and which item of each."""
    for node in ast.walk(outer):
        match node:
            case ast.Call():
                yield from ((node.keywords, index) for index in range(len(node.keywords)))
            case ast.List():
                yield from ((node.elts, index) for index in range(len(node.elts)))
            case ast.FunctionDef() | ast.If() | ast.For():
                yield from ((node.body, index) for index in range(len(node.body)) if is_bare_call(node.body[index]))


def is_bare_call(statement: ast.stmt) -> bool:
    """Whether a statement is a call whose result nobody uses."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
