"""Why nothing fits: a smallest set of named rules that cannot hold together, found by leaving out one after another."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from orchestrator.model.fleet import Fleet, Group
from orchestrator.model.plan import Finding, Repair
from orchestrator.model.rule import Rule, Spread
from orchestrator.placement.candidates import Situation
from orchestrator.placement.feasible import CAPACITY, Capacity, Culprit, is_feasible
from orchestrator.placement.notices import describe_unplaced
from orchestrator.placement.repair import compute_repairs
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.compile import CompiledPolicy, compile_policy
from orchestrator.policy.measures import Sum


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why nothing fits, and what would do, each alone. No repairs where no machine exists for a group."""

    conflict: tuple[Finding, ...]
    repairs: tuple[Repair, ...] = ()


def compute_explanation(situation: Situation) -> Explanation:
    """The explanation of an infeasible situation (no cell closed yet), the conflict in written order.

    Where no rule is to blame because no machine exists for a group, that is the finding.
    """
    missing = tuple(_describe_missing(situation))
    if missing:
        return Explanation(missing)
    culprits = find_conflict(situation)
    return Explanation(_describe_conflict(situation, culprits), compute_repairs(situation, culprits))


def find_conflict(situation: Situation) -> tuple[Culprit, ...]:
    """Drop any one of them and the rest can hold: a smallest set in that sense, not the smallest of all.

    The deletion filter of Chinneck and Dravnieks (1991): leave out one after another, and keep out whatever leaves the
    rest infeasible.
    """
    kept: list[Culprit] = [*(rule for rule in situation.fleet.policy if rule.level == "error"), CAPACITY]
    for culprit in tuple(kept):
        rest = [other for other in kept if other is not culprit]
        if not is_feasible(situation, rest):
            kept = rest
    return tuple(kept)


def _describe_conflict(situation: Situation, culprits: Sequence[Culprit]) -> tuple[Finding, ...]:
    rules = [culprit for culprit in culprits if not isinstance(culprit, Capacity)]
    policy = compile_policy(rules, situation.fleet, situation.candidates)
    return tuple(
        _describe_capacity(situation.fleet, len(culprits))
        if isinstance(culprit, Capacity)
        else _describe_rule(culprit, policy, len(culprits))
        for culprit in culprits
    )


def _describe_missing(situation: Situation) -> list[Finding]:
    """Groups for which no site offers a machine at all, or none to the nodes that need a new one, policy or not."""
    findings = []
    for group in situation.fleet.groups:
        need = group.machine
        disk = f"{need.disk_kind} disk" if need.disk_kind else "disk"
        if not situation.candidates.get_occupiable_cells((group.name,)):
            value = "no site offers one"
            message = (
                f"no site of any account offers {need.vcpus} {need.cpu} vCPUs with {need.memory} GiB of "
                f"memory and {need.disk} GiB of {disk} for {group.name}: ask for less, or add regions or accounts"
            )
        elif group.name not in situation.fresh_by_group and (lacking := _count_lacking(situation, group)):
            value = f"no site offers {lacking} more"
            message = (
                f"{lacking} nodes of {group.name} need a new machine, and {describe_unplaced(situation, group)}: open "
                "one, ask for fewer nodes, or add regions or accounts"
            )
        else:
            continue
        findings.append(
            Finding(
                rule="machine",
                name=f"a machine for {group.name}",
                level="error",
                subject=group.name,
                value=value,
                bound=f"{need.vcpus} {need.cpu} vCPUs, {need.memory} GiB memory, {need.disk} GiB {disk}",
                message=message,
                source=group.source,
            )
        )
    return findings


def _count_lacking(situation: Situation, group: Group) -> int:
    """How many nodes of a group can neither stay nor go back to a machine of their own."""
    holdings = situation.holdings[group.name]
    standing = sum(holding.standing for holding in holdings)
    able = [holding for holding in holdings if holding.pinned or holding.stay is not None or holding.adoptable]
    kept = sum(holding.standing for holding in able)
    return max(0, group.count - kept - min(len(able) - kept, max(0, group.count - standing)))


def _describe_capacity(fleet: Fleet, size: int) -> Finding:
    return Finding(
        rule="capacity",
        name="what the sites can take",
        level="error",
        subject="fleet",
        value="",
        bound="",
        message=f"the capacity of the sites and the number of enrolled hosts {_render_together(size)}: "
        "add regions, accounts or hosts, or lower a count",
        source=fleet.groups[0].source,
    )


def _describe_rule(rule: Rule, policy: CompiledPolicy, size: int) -> Finding:
    candidates, bounds = policy.candidates, [bound for bound in policy.bounds if bound.rule is rule]
    tightest = min(bounds, key=lambda bound: _compute_room(bound, candidates), default=None)
    reach = "" if tightest is None else f" ({_render_reach(tightest, candidates)})"
    subject = "" if tightest is None else tightest.subject.name
    return Finding.of(rule, subject, f"{rule.title} {_render_together(size)}{reach}", bound=rule.describe())


def _render_together(size: int) -> str:
    return "cannot hold" if size == 1 else f"cannot hold together with the other {size - 1} named here"


def _count_domains(bound: Bound, candidates: Candidates) -> int:
    """How many domains that are known a rule has to spread the bound's subject over."""
    return sum(len(candidates.get_occupiable(bound.subject.all_names, kind).known) for kind in bound.rule.kinds)


def _compute_room(bound: Bound, candidates: Candidates) -> Fraction:
    """The share of a subject's nodes that its domains could hold together, roughly: what is told is the tightest."""
    if isinstance(bound.measure, Sum) and bound.low and not bound.measure.terms:
        return Fraction(-1)  # it asks for nodes where none can be
    if isinstance(bound.rule, Spread):
        return 1 - Fraction(bound.low or 0, max(1, bound.subject.wanted))  # the domain that is to have the most
    limit = 0 if bound.high is None else bound.high
    return Fraction(limit * _count_domains(bound, candidates), bound.scale * max(1, bound.subject.wanted))


def _render_reach(bound: Bound, candidates: Candidates) -> str:
    """Such as "btc: at most 2 of 12 nodes (20%) in each, account domains to be had: 4"."""
    if bound.domain is not None and isinstance(bound.rule, Spread):
        return f"{bound.where}: {bound.wording}"
    each = " in each" if bound.domain is not None else ""
    domains = _count_domains(bound, candidates)
    kinds = " and ".join(bound.rule.kinds)
    return f"{bound.subject.name}: {bound.wording}{each}, {kinds} domains to be had: {domains}"
