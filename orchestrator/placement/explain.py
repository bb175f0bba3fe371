"""Why nothing fits: a smallest set of named rules that cannot hold together, found by leaving out one after another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.model.fleet import Fleet
from orchestrator.model.plan import Finding
from orchestrator.model.rule import Rule
from orchestrator.placement.candidates import Situation
from orchestrator.placement.encode import Strictness, encode
from orchestrator.placement.solve import Solver
from orchestrator.policy.compile import compile_policy


@dataclass(frozen=True, slots=True)
class Capacity:
    """Stands in a conflict for what can be had: free machines of sites and types, enrolled hosts not yet taken."""


Culprit = Rule | Capacity


def compute_conflict(situation: Situation) -> tuple[Finding, ...]:
    """The conflict of an infeasible situation (no cell closed yet), in written order.

    Drop any one of it and the rest can hold; it is a smallest set in that sense, not the smallest of all. Where no
    rule is to blame because no machine exists for a group, that is the finding.
    """
    missing = tuple(_describe_missing(situation))
    if missing:
        return missing
    kept: list[Culprit] = [*(rule for rule in situation.fleet.policy if rule.level == "error"), Capacity()]
    for culprit in tuple(kept):
        rest = [other for other in kept if other is not culprit]
        if not is_feasible(situation, rest):
            kept = rest
    return tuple(_describe(culprit, situation.fleet, len(kept)) for culprit in kept)


def is_feasible(situation: Situation, culprits: Sequence[Culprit]) -> bool:
    """Whether every node can be placed under these rules and, if it is among them, the capacity."""
    rules = [culprit for culprit in culprits if not isinstance(culprit, Capacity)]
    policy = compile_policy(rules, situation.fleet, situation.candidates)
    if not any(isinstance(culprit, Capacity) for culprit in culprits):
        plenty = sum(group.count for group in situation.fleet.groups)
        situation = replace(situation, free=dict.fromkeys(situation.free, plenty))
    encoding = encode(situation.restrict(policy.candidates), policy.bounds, Strictness.HARD)
    return Solver(encoding.program).minimize(()) is not None


def _describe_missing(situation: Situation) -> list[Finding]:
    """Groups for which no site offers a machine at all, policy or not."""
    findings = []
    for group in situation.fleet.groups:
        if not situation.candidates.get_occupiable_cells((group.name,)):
            need = group.machine
            disk = f"{need.disk_kind} disk" if need.disk_kind else "disk"
            findings.append(
                Finding(
                    rule="machine",
                    name=f"a machine for {group.name}",
                    level="error",
                    subject=group.name,
                    value="no site offers one",
                    bound=f"{need.vcpus} {need.cpu} vCPUs, {need.memory} GiB memory, {need.disk} GiB {disk}",
                    message=f"no site of any account offers {need.vcpus} {need.cpu} vCPUs with {need.memory} GiB of "
                    f"memory and {need.disk} GiB of {disk} for {group.name}: ask for less, or add regions or accounts",
                    source=group.source,
                )
            )
    return findings


def _describe(culprit: Culprit, fleet: Fleet, size: int) -> Finding:
    together = "cannot hold" if size == 1 else f"cannot hold together with the other {size - 1} named here"
    if isinstance(culprit, Capacity):
        group = fleet.groups[0]
        return Finding(
            rule="capacity",
            name="what the sites can take",
            level="error",
            subject="fleet",
            value="",
            bound="",
            message=f"the capacity of the sites and the number of enrolled hosts {together}: "
            "add regions, accounts or hosts, or lower a count",
            source=group.source,
        )
    return Finding(
        rule=culprit.verb,
        name=culprit.title,
        level=culprit.level,
        subject="",
        value="",
        bound=culprit.describe(),
        message=f"{culprit.title} {together}",
        source=culprit.source,
    )
