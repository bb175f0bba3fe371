"""An account that its provider closed for good: what stood there is retired without asking its cloud."""

from collections.abc import Set

from orchestrator.model.lock import CARRYING_STATES, Machine, Retired
from orchestrator.model.plan import Plan


def retire_terminated(plan: Plan, accounts: Set[str], signing_groups: Set[str]) -> Plan:
    """The plan without the machines of terminated accounts, each retired on the word of who declared it.

    A machine of a group that signs stays: nobody has shown that it no longer can, and its retirement must not be
    taken for evidence of that. So does, for as long as a limit on moves leaves some for later rounds, one whose node
    no machine carries: without it the node would be a new one, which no round limits.
    """
    carried = {planned.machine.node for planned in plan.machines if planned.machine.state in CARRYING_STATES}
    gone = [
        planned.machine
        for planned in plan.machines
        if planned.machine.account in accounts
        and planned.machine.group not in signing_groups
        and (planned.machine.node in carried or not plan.moves_left)
    ]
    names = {machine.machine for machine in gone}
    return plan.model_copy(
        update={
            "machines": tuple(planned for planned in plan.machines if planned.machine.machine not in names),
            "retired": (*plan.retired, *map(_retire, gone)),
        }
    )


def _retire(machine: Machine) -> Retired:
    return Retired(
        retired=machine.machine,
        node=machine.node,
        account=machine.account,
        evidence=f"account {machine.account} was declared terminated; its cloud was not asked",
    )
