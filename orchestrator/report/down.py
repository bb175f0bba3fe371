"""What `down` came to."""

from collections.abc import Mapping
from typing import Any

from orchestrator.model.stack import StackResult


def describe_down(results: Mapping[str, StackResult]) -> dict[str, Any]:
    """The result as plain data."""
    return {
        "accounts": {
            name: {"deleted": count_deleted(result), "error": result.error} for name, result in results.items()
        }
    }


def render_down(results: Mapping[str, StackResult]) -> str:
    """A line an account."""
    lines = [
        f"{name}: failed: {result.error}" if result.error else f"{name}: {count_deleted(result)} resources deleted"
        for name, result in sorted(results.items())
    ]
    return "\n".join(lines) or "no stack to take down"


def count_deleted(result: StackResult) -> int:
    """How many resources were deleted."""
    return sum(step.operation == "delete" for step in result.steps)
