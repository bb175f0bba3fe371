"""Lock -> change set: what exists in each account, what may be deleted there, what was taken back."""

from orchestrator.model.change import AccountChanges, ChangeSet
from orchestrator.model.lock import Lock, MachineState


def compute_change_set(lock: Lock, applied: Lock | None = None) -> ChangeSet:
    """The change set of a lock. `applied` is the lock that the stacks were last brought to, if any.

    Every entry is declared, whatever its state: an entry leaves the lock only by being retired with evidence, and
    exactly the retired machines may be deleted.
    """
    before = {machine.machine: machine.state for machine in applied.machines} if applied else {}
    accounts = {machine.account for machine in lock.machines} | {line.account for line in lock.retired}
    return ChangeSet(
        accounts=tuple(
            AccountChanges(
                account=account,
                declared=tuple(machine.machine for machine in lock.get_machines(account)),
                deletable=frozenset(line.retired.replace(".", "-") for line in lock.retired if line.account == account),
                adopted=tuple(
                    machine.machine
                    for machine in lock.get_machines(account)
                    if machine.state is MachineState.WANTED
                    and before.get(machine.machine) in (MachineState.LOST, MachineState.RETIRING)
                ),
            )
            for account in sorted(accounts)
        )
    )
