"""The policy compiled for a fleet and its candidates: which cells are closed, which bounds and limits hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.model.failure_domain import get_role
from orchestrator.model.fleet import Fleet
from orchestrator.model.plan import Finding
from orchestrator.model.rule import (
    Allow,
    Apart,
    Below,
    Budget,
    Cap,
    Deny,
    MaxDomains,
    MaxMoves,
    MinDomains,
    MinNodes,
    Rule,
    RuleBase,
    Skew,
    Spread,
    Survive,
    Together,
)
from orchestrator.policy.allow import compute_not_allowed
from orchestrator.policy.apart import compute_apart_bounds
from orchestrator.policy.below import compute_below_bounds
from orchestrator.policy.bound import Bound
from orchestrator.policy.budget import CostLimit, compute_cost_limit
from orchestrator.policy.candidates import Candidates, Cell
from orchestrator.policy.cap import compute_cap_bounds
from orchestrator.policy.deny import compute_denied
from orchestrator.policy.forbidden_client import compute_forbidden_client_bounds
from orchestrator.policy.max_domains import compute_max_domains_bounds
from orchestrator.policy.max_moves import MoveLimit, compute_move_limit
from orchestrator.policy.min_domains import compute_min_domains_bounds
from orchestrator.policy.min_nodes import compute_min_nodes_bounds
from orchestrator.policy.skew import compute_skew_bounds
from orchestrator.policy.spread import compute_spread_bounds, compute_spread_quotas
from orchestrator.policy.subject import Members, compute_subjects
from orchestrator.policy.survive import compute_survive_bounds
from orchestrator.policy.together import compute_together_bounds
from orchestrator.policy.written import find_written_mistakes

# The register of rules: a new rule is a file of its own and a line here. Closing rules run first, bounds on the rest.
# A budget limits costs and max_moves a round: these are no measures of counts, so placement reads them as they are.
CLOSING: Mapping[type[RuleBase], Callable[[Any, Members, Candidates], frozenset[Cell]]] = {
    Allow: compute_not_allowed,
    Deny: compute_denied,
}
BOUNDING: Mapping[type[RuleBase], Callable[[Any, Members, Candidates], tuple[Bound, ...]]] = {
    Cap: compute_cap_bounds,
    Below: compute_below_bounds,
    Skew: compute_skew_bounds,
    MinDomains: compute_min_domains_bounds,
    MaxDomains: compute_max_domains_bounds,
    MinNodes: compute_min_nodes_bounds,
    Survive: compute_survive_bounds,
    Apart: compute_apart_bounds,
    Together: compute_together_bounds,
    Spread: compute_spread_bounds,
}


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """What the rules come to: candidates without the closed cells, closed cells by rule, bounds in written order.

    `preferences` are bounds that are held where that moves nothing, before cost; their breach is no finding. `findings`
    speak of the rules themselves: a cap that rounds to zero, a name that no candidate has.
    """

    candidates: Candidates
    closed: tuple[tuple[Allow | Deny, frozenset[Cell]], ...]
    bounds: tuple[Bound, ...]
    findings: tuple[Finding, ...]
    cost_limits: tuple[CostLimit, ...] = ()
    move_limits: tuple[MoveLimit, ...] = ()
    preferences: tuple[Bound, ...] = ()


def compile_policy(rules: Sequence[Rule], fleet: Fleet, candidates: Candidates) -> CompiledPolicy:
    """Compile some rules of a fleet (all, or those that an explanation tries) for its candidates."""
    candidates = candidates.offer(fleet.groups)
    subjects = [(rule, compute_subjects(rule, fleet)) for rule in rules]
    spoken = [(rule, members) for rule, subject in subjects for members in subject]
    closed = tuple(
        (rule, frozenset().union(*(CLOSING[type(rule)](rule, members, candidates) for members in subject)))
        for rule, subject in subjects
        if isinstance(rule, Allow | Deny) and is_closing(rule)
    )
    shut = frozenset().union(*(cells for rule, cells in closed if rule.level == "error"))
    eligible = candidates.remove(shut)
    return CompiledPolicy(
        candidates=eligible,
        closed=closed,
        bounds=tuple(bound for rule, members in spoken for bound in _compute_bounds(rule, members, eligible)),
        findings=tuple(
            finding for rule, subject in subjects for finding in find_written_mistakes(rule, subject, candidates)
        ),
        cost_limits=tuple(compute_cost_limit(rule, members) for rule, members in spoken if isinstance(rule, Budget)),
        move_limits=tuple(compute_move_limit(rule, members) for rule, members in spoken if isinstance(rule, MaxMoves)),
        preferences=tuple(
            bound
            for rule, members in spoken
            if isinstance(rule, Spread)
            for bound in compute_spread_quotas(rule, members, eligible)
        ),
    )


def is_closing(rule: Allow | Deny) -> bool:
    """Whether the rule closes cells: it names places where nodes may or may not stand, and not clients."""
    return get_role(rule.per) is None


def _compute_bounds(rule: Rule, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    if isinstance(rule, Allow | Deny):
        return () if is_closing(rule) else compute_forbidden_client_bounds(rule, members, candidates)
    compute = BOUNDING.get(type(rule))
    return () if compute is None else compute(rule, members, candidates)
