"""Rebuilds a stack's lost state: previews until it is known what the cloud has, then imports that and makes nothing."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation.events import EngineEvent

from orchestrator.model.recovery import StackRecovery
from orchestrator.model.stack import StackResult, StackStep

# How the program is told, and answers: stacks/recovery.py.
RECOVERY_VARIABLE = "ORCHESTRATOR_RECOVERY"
ABSENT_FILE = "absent.json"
WAYS_FILE = "ways.json"
AGAIN, BY_ID = "Again", "ById"  # ways of stacks/survey.py: made again without harm; an id that may or may not be there
BETWEEN = "::"  # the parts of the engine's names for resources: …::type::name
UNFINISHED = "orchestrator:recovering"

Receive = Callable[[EngineEvent], None]
Run = Callable[[Callable[[Receive], Any]], StackResult]


def has_state(stack: automation.Stack) -> bool:
    """Whether the stack was ever brought to its end: then it says which revision it carries, and recovers no more."""
    settings = stack.workspace.stack_settings(stack.name).config or {}
    return UNFINISHED not in settings and "revision" in stack.outputs()


def recover_stack(stack: automation.Stack, look: Run, act: Run, folder: Path) -> StackRecovery:
    """Imports into the stack what the cloud has of what the program declares; nothing in the cloud is changed.

    `look` and `act` have the engine do one thing and collect what it says; in `folder` the program is told and answers.
    What the state has already stays as it is. Killed at any point, the same call goes on from there; until it has come
    to its end, the program refuses to do anything else with the stack.
    """
    preview = preview_imports(stack, look, folder)
    if preview.error is not None:
        return StackRecovery(stack=stack.name, error=preview.error)
    ways = read_ways(folder)
    missing = tuple(step for step in preview.steps if step.operation == "create" and ways.get(step.type) != AGAIN)
    write_absent(folder, {f"{step.type}{BETWEEN}{step.name}" for step in missing})
    stack.set_config(UNFINISHED, automation.ConfigValue("true"))
    result = act(lambda receive: stack.up(exclude=name_all(stack, missing), on_event=receive, suppress_outputs=True))
    if result.error is None:
        stack.remove_config(UNFINISHED)
    left = {(step.type, step.name) for step in missing}
    return StackRecovery(
        stack=stack.name,
        found=tuple(step for step in result.steps if (step.type, step.name) not in left),
        missing=missing,
        orphans=result.orphans,
        error=result.error,
    )


def preview_imports(stack: automation.Stack, look: Run, folder: Path) -> StackResult:
    """The preview in which every import succeeds. Ids that follow from others are tried; what is not there is left."""
    absent: set[str] = set()
    while True:
        write_absent(folder, absent)
        result, failed = preview_once(stack, look)
        ways = read_ways(folder)
        gone = {name for name in failed if ways.get(name.partition(BETWEEN)[0]) == BY_ID}
        if gone <= absent:
            return result
        absent |= gone


def preview_once(stack: automation.Stack, look: Run) -> tuple[StackResult, frozenset[str]]:
    """A preview, and the resources of which the engine says that they cannot be had (type::name)."""
    failed: set[str] = set()

    def preview(receive: Receive) -> Any:
        def note(event: EngineEvent) -> None:
            said = event.diagnostic_event
            if said is not None and said.severity == "error" and said.urn:
                failed.add(BETWEEN.join(said.urn.split(BETWEEN)[-2:]))
            receive(event)

        return stack.preview(on_event=note)

    return look(preview), frozenset(failed)


def write_absent(folder: Path, names: Iterable[str]) -> None:
    """Tells the program what is not there: it is not looked for, and what is there must not wait for it."""
    (folder / ABSENT_FILE).write_text(json.dumps(sorted(names)), encoding="utf-8")


def read_ways(folder: Path) -> dict[str, str]:
    """How the program looks for each type of resource; nothing where it did not come so far."""
    path = folder / WAYS_FILE
    ways: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return ways


def name_all(stack: automation.Stack, steps: Iterable[StackStep]) -> list[str] | None:
    """The engine's names for resources of the program, none of which has another as its parent; None for none."""
    project = stack.workspace.project_settings().name
    return [f"urn:pulumi:{stack.name}::{project}::{step.type}::{step.name}" for step in steps] or None
