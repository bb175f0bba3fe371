"""What `up`, `rebalance` and `down` came to, as text and as JSON."""

from collections.abc import Mapping
from typing import Any

from orchestrator.model.lock import Lock, MachineState


def describe_up(
    lock: Lock, counts: Mapping[str, int], failures: Mapping[str, str], behind: tuple[str, ...]
) -> dict[str, Any]:
    """The result as plain data. `counts` are what was done: changes, configured."""
    return {
        "revision": lock.header.revision,
        **{what.replace(" ", "_"): number for what, number in counts.items()},
        "machines": {str(state): count_state(lock, state) for state in MachineState},
        "behind": list(behind),
        "failures": dict(failures),
    }


def render_up(lock: Lock, counts: Mapping[str, int], failures: Mapping[str, str], behind: tuple[str, ...]) -> str:
    """The result in a line or two, and a line for each thing that went wrong."""
    wanted = count_state(lock, MachineState.WANTED)
    done = "nothing to change" if not any(counts.values()) else render_counts(counts)
    lines = [f"revision {lock.header.revision}: {done}; {wanted - len(behind)} of {wanted} machines in sync"]
    lines += [f"not in sync yet: {', '.join(behind)}"] if behind else []
    lines += [f"failed: {subject}: {why}" for subject, why in sorted(failures.items())]
    return "\n".join(lines)


def render_counts(counts: Mapping[str, int]) -> str:
    """What was done, such as "43 resources changed, 12 machines configured"."""
    return ", ".join(f"{number} {what}" for what, number in counts.items() if number)


def count_state(lock: Lock, state: MachineState) -> int:
    """How many machines of the lock are in a state."""
    return sum(machine.state is state for machine in lock.machines)
