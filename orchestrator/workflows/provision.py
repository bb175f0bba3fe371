"""provision: bring every account's stack to what the lock declares, side by side, and nothing that was not planned."""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from orchestrator.adapters.claim import claim_stacks, is_shared, refuse_taken_over
from orchestrator.adapters.pins import forget_pins, read_pins
from orchestrator.adapters.pulumi import AccountStack, list_stacks, open_stack
from orchestrator.model.change import ChangeSet
from orchestrator.model.errors import RemoteFailure, StaleLock, UnplannedChange
from orchestrator.model.fleet import FLEET_STACK
from orchestrator.model.lock import Lock, Machine
from orchestrator.model.progress import OnProgress, Progress
from orchestrator.model.stack import StackEvent, StackResult, StackStep
from orchestrator.reconcile.changes import compute_change_set
from orchestrator.reconcile.credentials import list_refused_accounts
from orchestrator.workflows.deployment import Deployment

PHASE = "provision"
SCOPE_ALL = "all"
LET_GO = "terminated: its state was let go, its cloud was not asked"
KEPT = "terminated: its cloud was not asked; its state has what an interrupted run began, and was kept"

# What a machine has besides itself, by the last word of the resource's name: attachment, data volume, reserved address.
MACHINE_PARTS = ("data", "volume", "address")

# What takes nothing away. Any other operation, one that a later engine brings too, must be planned.
HARMLESS = frozenset({"same", "read", "refresh", "create", "update", "import"})

# What holds no data and is refused by the clouds themselves while in use.
SHARED_TYPES = frozenset(
    {
        "gcp:compute/firewall:Firewall",
        "gcp:compute/resourcePolicy:ResourcePolicy",
        "gcp:compute/subnetwork:Subnetwork",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/keyPair:KeyPair",
        "aws:ec2/placementGroup:PlacementGroup",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "hcloud:index/firewall:Firewall",
        "hcloud:index/placementGroup:PlacementGroup",
        "hcloud:index/sshKey:SshKey",
    }
)


def provision(deployment: Deployment, lock: Lock, accounts: Iterable[str], tell: OnProgress) -> dict[str, StackResult]:
    """Previews all accounts, then updates those that differ. One that fails holds up no other: its result says why.

    Raises StaleLock, UnplannedChange or RemoteFailure, before anything is changed, where a preview shows that the lock
    is not the next one, that something would be deleted without a plan, or that a cloud refuses the credentials.
    """
    existing = list_stacks(deployment.project)
    ended = frozenset(lock.header.terminated or ())
    names = tuple(name for name in accounts if name not in ended)
    refuse_other_layout(existing, names)
    forget_terminated(deployment, lock, existing, tell)
    left_out = find_left_out(lock)
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        stacks = dict(
            zip(names, pool.map(lambda name: open_stack(deployment.project, name, SCOPE_ALL), names), strict=True)
        )
        claim(deployment, stacks.values())
        previews = run_on_stacks(
            pool,
            stacks,
            lambda name, stack: leave_out(name, stack, tell) if name in left_out else preview(name, stack, tell),
        )
        refuse_credentials(previews.values(), lock)
        pinned = read_pins(deployment.pins).keys()
        for name, result in previews.items():
            refuse_lost_state(result, [each for each in lock.machines if name in (each.account, FLEET_STACK)], pinned)
            refuse_stale(result, lock)
            refuse_doubles(result, lock)
            refuse_unplanned(result, compute_change_set(lock))
        due = {name: stacks[name] for name, result in previews.items() if is_due(result, lock)}
        hold_claim(deployment, due.values())
        updates = run_on_stacks(pool, due, lambda name, stack: update(name, stack, tell))
    for name, result in previews.items():
        if name not in updates and result.error is None and not result.left_out:
            tell(Progress(phase=PHASE, subject=name, status="nothing to change"))
    return previews | updates


def forget_terminated(deployment: Deployment, lock: Lock, existing: Collection[str], tell: OnProgress) -> None:
    """Takes out of the states of terminated accounts what the lock has retired there; their clouds are asked nothing.

    What the lock still has there (machines that sign, or whose round comes later) stays in the state, and so does what
    these need. With one stack for the fleet, all that was made with the account's credentials is taken out of it.
    `existing` are the stacks.
    """
    accounts = lock.header.terminated or ()
    for account in sorted(accounts):
        parts, is_empty = list_parts(list_retired_hosts(lock, account)), not lock.get_machines(account)
        if account in existing:
            done = open_stack(deployment.project, account, SCOPE_ALL).forget(None if is_empty else parts)
        elif FLEET_STACK in existing:
            shared = open_stack(deployment.project, FLEET_STACK, SCOPE_ALL)
            done = shared.forget(parts, {account} if is_empty else ())
            refuse_interrupted(account, done=done)
        else:
            continue
        tell(Progress(phase=PHASE, subject=account, status=LET_GO if done else KEPT))
    forget_pins(deployment.pins, frozenset(line.retired for line in lock.retired if line.account in accounts))


def list_retired_hosts(lock: Lock, account: str) -> frozenset[str]:
    """The host names of the machines that were retired in an account."""
    return frozenset(line.retired.replace(".", "-") for line in lock.retired if line.account == account)


def refuse_interrupted(account: str, *, done: bool) -> None:
    """A stack that is still to be updated must not have what would be deleted where nothing answers."""
    if not done:
        raise UnplannedChange(
            f"account {account} cannot be taken out of stack {FLEET_STACK} while an interrupted run's creates in other "
            "accounts are not settled; nothing was changed",
            hint=f"declare it lost as an outage first (rebalance --lose account={account}), which settles them",
        )


def find_left_out(lock: Lock) -> frozenset[str]:
    """The accounts whose API is declared down. With one stack for the fleet none is left out: see the program."""
    domains = lock.header.closures.api_down
    named = {domain.value for domain in domains if domain.kind == "account"}
    providers = {domain.value for domain in domains if domain.kind == "provider"}
    return frozenset(named | {machine.account for machine in lock.machines if machine.provider in providers})


def leave_out(name: str, stack: AccountStack, tell: OnProgress) -> StackResult:
    """What an account was when it was last updated; neither engine nor cloud is asked."""
    tell(Progress(phase=PHASE, subject=name, status="left out: its API is declared down"))
    outputs = stack.fetch_outputs()
    return StackResult(account=name, applied=outputs.get("revision"), outputs=outputs, left_out=True)


def claim(deployment: Deployment, stacks: Iterable[AccountStack]) -> None:
    """Has the stacks for this command alone, where controllers on other computers could have them too."""
    if deployment.lease is not None and is_shared(deployment.project):
        claim_stacks(stacks, deployment.lease)


def hold_claim(deployment: Deployment, stacks: Iterable[AccountStack]) -> None:
    """Busy where another controller took one of the stacks over since they were claimed."""
    if deployment.lease is not None and is_shared(deployment.project):
        for stack in stacks:
            refuse_taken_over(stack, deployment.lease)


def refuse_other_layout(existing: Iterable[str], wanted: Collection[str]) -> None:
    """A fleet is cut into stacks in one way as long as they exist: the other would make everything a second time."""
    wrong = [stack for stack in existing if (stack == FLEET_STACK) != (FLEET_STACK in wanted)]
    if wrong:
        raise UnplannedChange(
            f"the stacks of this fleet are laid out in another way than its spec says: there is {', '.join(wrong)}",
            hint="put layout back as it was, or take the fleet down with orchestrator down --delete-data before",
        )


def run_on_stacks(
    pool: ThreadPoolExecutor,
    stacks: Mapping[str, AccountStack],
    work: Callable[[str, AccountStack], StackResult],
) -> dict[str, StackResult]:
    """The work's result for each stack, done side by side."""
    started = {name: pool.submit(work, name, stack) for name, stack in stacks.items()}
    return {name: future.result() for name, future in started.items()}


def preview(name: str, stack: AccountStack, tell: OnProgress) -> StackResult:
    """One account's preview, after what an interrupted run left is settled."""
    tell(Progress(phase=PHASE, subject=name, status="previewing"))
    settled = settle(name, stack, tell)
    result = stack.preview(lambda _event: None) if settled.error is None else settled
    if result.error:
        tell(Progress(phase=PHASE, subject=name, status="preview failed"))
    return result


def settle(name: str, stack: AccountStack, tell: OnProgress) -> StackResult:
    """Brings one account's state up to what an interrupted run made; each resource that is adopted is told."""
    result = stack.settle_interrupted()
    for step in result.steps:
        tell(Progress(phase=PHASE, subject=name, status=f"adopted {step.name}, which an interrupted run had made"))
    return result


def update(name: str, stack: AccountStack, tell: OnProgress) -> StackResult:
    """One account's update."""
    result = stack.update(lambda event: tell(describe_event(event)))
    status = "failed" if result.error else f"{len(result.changes)} changes made"
    tell(Progress(phase=PHASE, subject=name, status=status))
    return result


def describe_event(event: StackEvent) -> Progress:
    """What the engine does, as progress of its account."""
    verb = {"started": "…", "done": "done", "failed": "failed"}[event.phase]
    return Progress(phase=PHASE, subject=event.account, status=f"{event.step.operation} {event.step.name} {verb}")


def is_due(result: StackResult, lock: Lock) -> bool:
    """Whether the account is to be updated: its resources differ, or it carries another revision."""
    due = bool(result.changes) or result.applied != lock.header.revision
    return due and result.error is None and not result.left_out


def refuse_credentials(results: Iterable[StackResult], lock: Lock) -> None:
    """Nothing is begun while a cloud that is not lost takes no credentials: half a fleet is nobody's wish."""
    providers = {machine.account: machine.provider for machine in lock.machines}
    for account, known in list_refused_accounts(results, providers, lock.header.losses).items():
        raise RemoteFailure(
            f"account {account}: {known.provider} does not take the credentials; nothing was begun", hint=known.advice
        )


def refuse_lost_state(result: StackResult, machines: Iterable[Machine], pinned: Collection[str]) -> None:
    """A stack that has nothing, of machines that were reached before, is no new one: up would make them twice."""
    met = [each.machine for each in machines if each.machine in pinned]
    is_new = result.applied is None and all(step.operation == "create" for step in result.steps)
    if met and is_new and result.error is None:
        raise UnplannedChange(
            f"stack {result.account} is empty, but {', '.join(met)} answered before; nothing was changed",
            hint="orchestrator recover rebuilds a lost state; what is no more must leave fleet.hostkeys.json",
        )


def refuse_stale(result: StackResult, lock: Lock) -> None:
    """The lock must be the applied revision or descend from it."""
    known = {None, lock.header.revision, *lock.header.ancestors}
    if result.applied not in known:
        raise StaleLock(
            f"account {result.account} carries revision {result.applied}, which this lock "
            f"({lock.header.revision}, made from {lock.header.parent}) does not descend from",
            hint="get the lock of that revision from version control and run orchestrator place on top of it",
        )


def refuse_doubles(result: StackResult, lock: Lock) -> None:
    """A machine that a cloud had before the fleet knew it is never made: it would run twice."""
    made = {step.name for step in result.steps if step.operation == "create"}
    existing = [machine for machine in lock.machines if machine.existing is not None]
    doubled = [machine.machine for machine in existing if machine.hostname in made]
    if doubled:
        raise UnplannedChange(
            f"account {result.account}: {', '.join(doubled)} ran before they were imported, and are not in Pulumi's "
            "state; nothing was changed",
            hint="orchestrator recover imports machines by the ids in the lock, from the inventory's column id",
        )


def refuse_unplanned(result: StackResult, changes: ChangeSet) -> None:
    """Only what belongs to machines that were retired with evidence may be deleted; nothing is ever replaced."""
    deletable = changes.get_deletable(result.account)
    unplanned = [step for step in result.changes if not is_planned(step, deletable)]
    if unplanned:
        listed = ", ".join(f"{step.operation} {step.name} ({step.type})" for step in unplanned)
        raise UnplannedChange(
            f"account {result.account}: the engine would {listed}, which no plan asked for; nothing was changed",
            hint="see pulumi preview; a machine is made anew by placing its node again, never in place",
        )


def is_planned(step: StackStep, deletable: frozenset[str]) -> bool:
    """Whether a step may be taken."""
    if step.operation in HARMLESS:
        return True
    if step.type in SHARED_TYPES:
        return True
    return step.operation == "delete" and step.name in list_parts(deletable)


def list_parts(hosts: Iterable[str]) -> frozenset[str]:
    """The names of the resources that machines are made of, by host name."""
    return frozenset(name for host in hosts for name in (host, *(f"{host}-{part}" for part in MACHINE_PARTS)))
