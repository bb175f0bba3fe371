"""What a recovery came to: found, missing, unknown."""

from collections.abc import Iterator, Sequence
from typing import Any

from orchestrator.model.recovery import StackRecovery


def describe_recovery(stacks: Sequence[StackRecovery], kept: Sequence[str]) -> dict[str, Any]:
    """The result as plain data."""
    return {
        "stacks": {
            each.stack: {
                "found": [{"name": step.name, "type": step.type} for step in each.found],
                "missing": [{"name": step.name, "type": step.type} for step in each.missing],
                "orphans": [orphan.model_dump(mode="json") for orphan in each.orphans],
                "error": each.error,
            }
            for each in stacks
        },
        "kept": list(kept),
    }


def render_recovery(stacks: Sequence[StackRecovery], kept: Sequence[str]) -> str:
    """A paragraph a stack."""
    lines = [line for each in stacks for line in render_stack(each)]
    return "\n".join([*lines, *(f"{name}: has its state, left alone" for name in kept)])


def render_stack(recovery: StackRecovery) -> Iterator[str]:
    """One stack: how much was found, then a line for each thing that a person should know of."""
    if recovery.error is not None:
        yield f"{recovery.stack}: failed: {recovery.error}"
        return
    yield f"{recovery.stack}: {len(recovery.found)} resources found, and in the state again"
    for step in recovery.missing:
        yield f"  missing: {step.name} ({step.type}): the lock declares it; orchestrator up will make it anew"
    for orphan in recovery.orphans:
        yield f"  unknown: {orphan.name} ({orphan.type}, id {orphan.id}): has the fleet's labels, no lock line"
