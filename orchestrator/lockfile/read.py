"""JSON Lines -> Lock; every error names its line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from orchestrator.documents.text_file import read_text
from orchestrator.model.base import Frozen
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.line import escape_line
from orchestrator.model.lock import Lock, LockHeader, Machine, Retired
from orchestrator.model.source import Source

# A million machines at 400 bytes a line.
SIZE_LIMIT_BYTES = 512 * 2**20
CONFLICT_MARKERS = ("<<<<<<<", "=======", ">>>>>>>")
Entry = TypeVar("Entry", bound=Frozen)
HINT = "restore the lock from version control, or move it away and run orchestrator place"


class RepeatedKeyError(ValueError):
    """A JSON object holds a key twice."""


def read_lock(path: Path) -> Lock | None:
    """The lock at `path`; None where there is no file; InvalidDocument where it is not a lock."""
    if not path.exists() and not path.is_symlink():
        return None
    return parse_lock(read_text(path, SIZE_LIMIT_BYTES), path)


def parse_lock(text: str, path: Path) -> Lock:
    """The lock in `text`; `path` is what errors name."""
    # Not splitlines(), which also ends lines at characters that JSON may hold as they are (U+2028).
    lines = list(enumerate(text.removesuffix("\n").split("\n") if text else (), start=1))
    refuse_conflicts(lines, path)
    if not lines:
        raise problem(path, 1, f"{path.name} is empty", HINT)
    if not text.endswith("\n"):
        raise problem(path, len(lines), f"{path.name} ends in the middle of a line, so it was cut short", HINT)
    number, first = lines[0]
    header = parse_entry(LockHeader, parse_line(first, ("fleet",), path, number), path, number)
    entries = [(number, parse_line(line, ("machine", "retired"), path, number)) for number, line in lines[1:]]
    machines = tuple(parse_entry(Machine, entry, path, line) for line, entry in entries if "retired" not in entry)
    retired = tuple(parse_entry(Retired, entry, path, line) for line, entry in entries if "retired" in entry)
    refuse_duplicates(entries, path)
    refuse_strangers(entries, path)
    return Lock(header=header, machines=machines, retired=retired)


def refuse_conflicts(lines: list[tuple[int, str]], path: Path) -> None:
    """A lock with conflict markers is to be placed again, not merged by hand."""
    for number, line in lines:
        if line.startswith(CONFLICT_MARKERS):
            hint = f"take one side (git checkout --theirs {path.name}) and run orchestrator place on the merged spec"
            raise problem(path, number, "a merge conflict stands in the lock", hint)


def refuse_duplicates(entries: list[tuple[int, dict[str, Any]]], path: Path) -> None:
    """A machine id stands once, living or retired."""
    seen: dict[str, int] = {}
    for number, entry in entries:
        machine = entry.get("machine") or entry["retired"]
        if machine in seen:
            raise problem(path, number, f"machine {machine} stands in line {seen[machine]} already", HINT)
        seen[machine] = number


def refuse_strangers(entries: list[tuple[int, dict[str, Any]]], path: Path) -> None:
    """A machine's id begins with its node's name, and that with its group's, where it says its group."""
    for number, entry in entries:
        machine, node = entry.get("machine") or entry["retired"], entry["node"]
        group = entry.get("group", node.rpartition("-")[0])
        if machine.rpartition(".")[0] != node or node.rpartition("-")[0] != group:
            raise problem(path, number, f"machine {machine} is no machine of node {node} of group {group}", HINT)


def parse_line(line: str, keys: tuple[str, ...], path: Path, number: int) -> dict[str, Any]:
    """One line as an object that has one of `keys`, which tell what it is."""
    entry = parse_json(line, path, number)
    if not any(key in entry for key in keys):
        raise problem(path, number, f"this line is out of place: it says no {' and no '.join(keys)}", HINT)
    return entry


def parse_json(line: str, path: Path, number: int) -> dict[str, Any]:
    """One line as a JSON object."""
    try:
        entry = json.loads(line, object_pairs_hook=refuse_repeats)
    except RepeatedKeyError as error:
        raise problem(path, number, str(error), HINT) from None
    except (ValueError, RecursionError):
        raise problem(path, number, "this line is not JSON", HINT) from None
    if not isinstance(entry, dict):
        raise problem(path, number, "this line is not a JSON object", HINT)
    return entry


def refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs of a JSON object as a dict; RepeatedKeyError where readers would differ on which of two holds."""
    entry = dict(pairs)
    if len(entry) < len(pairs):
        repeated = sorted(key for key in entry if sum(key == other for other, _ in pairs) > 1)
        raise RepeatedKeyError(f"the key {repeated[0]!r} is there twice")
    return entry


def parse_entry(kind: type[Entry], entry: dict[str, Any], path: Path, number: int) -> Entry:
    """One line as a `kind`."""
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        raise InvalidDocument(list(explain(error, path, number))) from None


def explain(error: ValidationError, path: Path, number: int) -> Iterator[OrchestratorError]:
    """What is wrong with one line, key by key."""
    for detail in error.errors(include_url=False):
        key = ".".join(str(step) for step in detail["loc"])
        yield OrchestratorError(f"{escape_line(key)}: {detail['msg']}", hint=HINT, source=Source.at(path, number))


def problem(path: Path, line: int, message: str, hint: str) -> InvalidDocument:
    """The error at one line of the lock."""
    return InvalidDocument([OrchestratorError(message, hint=hint, source=Source.at(path, line))])
