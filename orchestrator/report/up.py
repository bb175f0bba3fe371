"""What `up` and `rebalance` came to, as text and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.model.lock import Lock, MachineState
from orchestrator.model.plan import Unplaced
from orchestrator.model.stack import CloudResource
from orchestrator.reconcile.refusals import Refusal


@dataclass(frozen=True)
class UpSummary:
    """What is told of a run. `counts` are what was done, by what it is; `failures` by machine or account.

    `behind` are machines not in sync yet, `refusals` those that clouds refused, `unplaced` nodes without a machine,
    `held` machines that a fence holds back and why, `orphans` resources that carry the fleet's labels and are in no
    state, `left_out` accounts whose API is declared down.
    """

    lock: Lock
    counts: Mapping[str, int]
    failures: Mapping[str, str] = field(default_factory=dict)
    behind: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    held: Mapping[str, str] = field(default_factory=dict)
    orphans: tuple[CloudResource, ...] = ()
    left_out: tuple[str, ...] = ()


def describe_up(summary: UpSummary) -> dict[str, Any]:
    """The result as plain data."""
    return {
        "revision": summary.lock.header.revision,
        **{what.replace(" ", "_"): number for what, number in summary.counts.items()},
        "machines": {str(state): count_state(summary.lock, state) for state in MachineState},
        "behind": list(summary.behind),
        "failures": dict(summary.failures),
        "refused": [describe_refusal(refusal) for refusal in summary.refusals],
        "unplaced": [unplaced.model_dump(mode="json") for unplaced in summary.unplaced],
        "held": dict(summary.held),
        "orphans": [orphan.model_dump(mode="json") for orphan in summary.orphans],
        "left_out": list(summary.left_out),
    }


def describe_refusal(refusal: Refusal) -> dict[str, Any]:
    """A refused machine as plain data."""
    fields = ("machine", "account", "region", "zone", "machine_type")
    return {**{field: getattr(refusal.machine, field) for field in fields}, "code": refusal.code}


def render_up(summary: UpSummary) -> str:
    """The result in a line or two, and a line for each thing that went wrong."""
    wanted = count_state(summary.lock, MachineState.WANTED)
    done = "nothing to change" if not any(summary.counts.values()) else render_counts(summary.counts)
    in_sync = wanted - len(summary.behind)
    lines = [f"revision {summary.lock.header.revision}: {done}; {in_sync} of {wanted} machines in sync"]
    lines += [render_refusal(refusal) for refusal in summary.refusals]
    lines += [f"no machine for {unplaced.node}: {unplaced.why}" for unplaced in summary.unplaced]
    lines += [f"held: {machine}: {why}" for machine, why in sorted(summary.held.items())]
    lines += [f"not in sync yet: {', '.join(summary.behind)}"] if summary.behind else []
    lines += [f"failed: {subject}: {why}" for subject, why in sorted(summary.failures.items())]
    lines += [render_orphan(orphan) for orphan in summary.orphans]
    lines += [
        f"left out: {account}: its API is declared down; nothing was changed there" for account in summary.left_out
    ]
    return "\n".join(lines)


def render_orphan(orphan: CloudResource) -> str:
    """Such as "nobody's: server nodes-btc-3-1 (4711) in hetzner-a carries the fleet's labels…"."""
    kind = orphan.type.rpartition(":")[2]
    return (
        f"nobody's: {kind} {orphan.name} ({orphan.id}) in {orphan.account} carries the fleet's labels and is in no "
        "state; nothing deletes it by itself: look what it is, and delete it there"
    )


def render_refusal(refusal: Refusal) -> str:
    """Such as "refused: btc-3.2 at aws/us-east-1/us-east-1a, m7i.large: InsufficientInstanceCapacity"."""
    machine = refusal.machine
    return f"refused: {machine.machine} at {machine.site}, {machine.machine_type}: {refusal.code}"


def render_counts(counts: Mapping[str, int]) -> str:
    """What was done, such as "43 resources changed, 12 machines configured"."""
    return ", ".join(f"{number} {what}" for what, number in counts.items() if number)


def count_state(lock: Lock, state: MachineState) -> int:
    """How many machines of the lock are in a state."""
    return sum(machine.state is state for machine in lock.machines)
