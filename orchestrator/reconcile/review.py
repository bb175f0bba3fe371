"""The review of a lock as it stands: does it hold the policy, and is it the lock of this spec? Solves nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from orchestrator.lockfile.revision import compute_revision
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import CARRYING_STATES, Lock, Machine
from orchestrator.model.plan import Finding
from orchestrator.model.source import Source
from orchestrator.placement.candidates import Situation
from orchestrator.placement.holdings import count_nodes, get_column_key
from orchestrator.placement.missing_needs import find_missing_needs
from orchestrator.placement.spending import compute_spending, count_carrying
from orchestrator.policy.budget import Spending, evaluate_costs
from orchestrator.policy.candidates import Candidates, Cell
from orchestrator.policy.compile import CompiledPolicy, compile_policy
from orchestrator.policy.evaluate import evaluate
from orchestrator.policy.missing import find_missing_facts

PLACE = "run `orchestrator place`"
REBALANCE = "`orchestrator rebalance` moves it, as far as rules and rounds let it"


@dataclass(frozen=True)
class Reviewed:
    """A lock as it was reviewed: its situation, the policy as it came out, what machines cost, and the findings.

    `running` are the machines that carry a node, `spent` is by group.
    """

    lock: Lock
    situation: Situation
    policy: CompiledPolicy
    running: tuple[Machine, ...]
    spent: Mapping[str, Spending]
    findings: tuple[Finding, ...]

    @property
    def fleet(self) -> Fleet:
        """The fleet that the lock is of."""
        return self.situation.fleet


def review_lock(situation: Situation, lock: Lock) -> tuple[Finding, ...]:
    """Every finding on a lock, in its situation: broken rules at their places in the spec, then what does not match."""
    return review(situation, lock).findings


def review(situation: Situation, lock: Lock) -> Reviewed:
    """The same, with all that was worked out on the way, for what else is asked of the lock."""
    fleet = situation.fleet
    running = tuple(machine for machine in lock.machines if machine.state in CARRYING_STATES)
    counts, carrying = count_nodes(running), count_carrying(situation, running)
    cells = {cell: number for cell, number in counts.items() if isinstance(cell, Cell)}
    candidates = replace(situation.candidates, pinned=frozenset(counts))
    policy = compile_policy(fleet.policy, fleet, candidates)
    spent = compute_spending(situation, carrying)
    findings = (
        *policy.findings,
        *find_closed(policy, candidates, cells),
        *evaluate(counts, policy.bounds),
        *evaluate_costs(spent, policy.cost_limits),
        *find_missing_facts(fleet.policy, fleet, policy.candidates, counts),
        *find_missing_needs(situation, carrying),
        *_find_stale(fleet, lock),
        *_find_miscounts(fleet, running),
        *_find_strays(fleet, lock),
        *_find_unfit(situation),
    )
    return Reviewed(lock, situation, policy, running, spent, findings)


def find_closed(policy: CompiledPolicy, candidates: Candidates, counts: Mapping[Cell, int]) -> Iterator[Finding]:
    """Nodes that stand where `allow` or `deny` forbids, by group and domain."""
    for rule, cells in policy.closed:
        held: dict[tuple[str, str], int] = {}
        for cell in sorted(cells & counts.keys()):
            key = (cell.group, candidates.get_domain(cell, rule.per) or "(unknown)")
            held[key] = held.get(key, 0) + counts[cell]
        for (group, domain), number in sorted(held.items()):
            where = f"{group}, {rule.per} {domain}"
            message = f"{where}: {number} nodes, where {rule.title} lets none stand"
            yield Finding.of(rule, where, message, value=f"{number} nodes", bound="none", excess=Fraction(number))


def _find_stale(fleet: Fleet, lock: Lock) -> Iterator[Finding]:
    """The lock is another fleet's, was made from another text of the spec, or was edited by hand."""
    top = Source.at(fleet.path)
    if lock.header.fleet != fleet.name:
        yield _mismatch("fleet", lock.header.fleet, fleet.name, f"the lock is of fleet {lock.header.fleet}", top)
    if lock.header.spec != fleet.digest:
        message = f"the lock was made from another text of this spec: {PLACE}"
        yield _mismatch("spec", lock.header.spec, fleet.digest, message, top)
    revision = compute_revision(lock)
    if revision != lock.header.revision:
        message = f"the lock was edited after it was written: {PLACE}, which takes the edit as its start"
        yield _mismatch("revision", lock.header.revision, revision, message, top)


def _find_miscounts(fleet: Fleet, running: Sequence[Machine]) -> Iterator[Finding]:
    """Groups with more or fewer nodes than asked for, and nodes that run twice."""
    nodes: dict[str, dict[str, int]] = {}
    for machine in running:
        held = nodes.setdefault(machine.group, {})
        held[machine.node] = held.get(machine.node, 0) + 1
    for group in fleet.groups:
        held = nodes.get(group.name, {})
        if len(held) != group.count:
            message = f"{group.name}: the spec asks for {group.count} nodes, the lock has {len(held)}: {PLACE}"
            yield _mismatch("count", f"{len(held)} nodes", f"{group.count} nodes", message, group.source, group.name)
        for node, number in held.items():
            if number > 1:
                message = f"{node}: the lock wants {number} machines for it at once: {PLACE}"
                yield _mismatch("node", f"{number} machines", "1 machine", message, group.source, node)


def _find_strays(fleet: Fleet, lock: Lock) -> Iterator[Finding]:
    """Machines of accounts that the spec does not have, and wanted ones of groups that it does not have."""
    accounts = {account.name for account in fleet.accounts}
    groups = {group.name for group in fleet.groups}
    top = Source.at(fleet.path)
    for machine in lock.machines:
        if machine.account not in accounts:
            message = f"{machine.machine} stands in account {machine.account}, which the spec does not have: keep the "
            message += "account until the machine is retired"
            yield _mismatch("account", machine.account, "an account of the spec", message, top, machine.machine)
        if machine.group not in groups and machine.state in CARRYING_STATES:
            message = f"{machine.machine} is of group {machine.group}, which the spec does not have: {PLACE}"
            yield _mismatch("group", machine.group, "a group of the spec", message, top, machine.machine)


def _find_unfit(situation: Situation) -> Iterator[Finding]:
    """Nodes whose machine is not what the spec asks for: too small, or where their account no longer may be."""
    accounts = {account.name for account in situation.fleet.accounts}
    for group in situation.fleet.groups:
        for holding in situation.holdings[group.name]:
            home = holding.home
            if home is None or holding.stay is not None or home.account not in accounts:
                continue
            place = situation.places[get_column_key(home).place]
            if place.closure == "drained" and not place.lost:
                message = f"{home.machine} stands at {home.site}, which is drained: {REBALANCE}"
                yield _mismatch("drained", home.site, "another site", message, group.source, home.machine)
            elif not place.lost:
                message = (
                    f"{home.machine} ({home.machine_type} at {home.site}) is not what {group.name} asks for: {PLACE}"
                )
                yield _mismatch("machine", home.machine_type, "a fitting machine", message, group.source, home.machine)


def _mismatch(rule: str, value: str, bound: str, message: str, source: Source, subject: str = "fleet") -> Finding:
    return Finding(
        rule=rule,
        name="the lock matches the spec",
        level="error",
        subject=subject,
        value=value,
        bound=bound,
        message=message,
        source=source,
    )
