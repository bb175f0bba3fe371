"""Rounds under `max_moves`: which nodes are on the move, until their new machines were seen in sync.

After a loss nothing of a move is left to be seen in the lock: the old machine is lost, the new one wanted. So the lock
says itself who is on the move. A second placement before the first round is carried out begins no other.
"""

from collections.abc import Iterable

from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import LockHeader, MachineState
from orchestrator.model.plan import Plan
from orchestrator.model.rule import MaxMoves
from orchestrator.placement.holdings import get_node_number


def compute_moving(fleet: Fleet, plan: Plan, before: LockHeader | None) -> tuple[str, ...]:
    """The nodes on the move once a plan is written: those that it relocates, and those of the rounds before.

    None at all where no rule limits a round: then nobody asks. A node that has no wanted machine is not on the move.
    """
    if not any(isinstance(rule, MaxMoves) for rule in fleet.policy):
        return ()
    begun = set((before.moving or ()) if before else ())
    wanted = [planned for planned in plan.machines if planned.machine.state is MachineState.WANTED]
    return sort_nodes(
        planned.machine.node for planned in wanted if planned.change == "relocate" or planned.machine.node in begun
    )


def sort_nodes(nodes: Iterable[str]) -> tuple[str, ...]:
    """The nodes by group and number."""
    return tuple(sorted(set(nodes), key=lambda node: (node.rpartition("-")[0], get_node_number(node))))
