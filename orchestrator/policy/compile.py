"""The policy compiled for a fleet and its candidates: which cells are closed, which bounds hold over the rest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.model.fleet import Fleet
from orchestrator.model.plan import Finding
from orchestrator.model.rule import Allow, Below, Cap, Deny, MinDomains, Rule, RuleBase, Skew
from orchestrator.policy.allow import compute_not_allowed
from orchestrator.policy.below import compute_below_bounds
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates, Cell
from orchestrator.policy.cap import compute_cap_bounds
from orchestrator.policy.deny import compute_denied
from orchestrator.policy.min_domains import compute_min_domains_bounds
from orchestrator.policy.skew import compute_skew_bounds
from orchestrator.policy.subject import Members, compute_members
from orchestrator.policy.written import find_written_mistakes

# The register of rules: a new rule is a file of its own and a line here. Closing rules run first, bounds on the rest.
CLOSING: Mapping[type[RuleBase], Callable[[Any, Members, Candidates], frozenset[Cell]]] = {
    Allow: compute_not_allowed,
    Deny: compute_denied,
}
BOUNDING: Mapping[type[RuleBase], Callable[[Any, Members, Candidates], tuple[Bound, ...]]] = {
    Cap: compute_cap_bounds,
    Below: compute_below_bounds,
    Skew: compute_skew_bounds,
    MinDomains: compute_min_domains_bounds,
}


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """What the rules come to: candidates without the closed cells, closed cells by rule, bounds in written order.

    `findings` speak of the rules themselves: a cap that rounds to zero, a name that no candidate has.
    """

    candidates: Candidates
    closed: tuple[tuple[Rule, frozenset[Cell]], ...]
    bounds: tuple[Bound, ...]
    findings: tuple[Finding, ...]


def compile_policy(rules: Sequence[Rule], fleet: Fleet, candidates: Candidates) -> CompiledPolicy:
    """Compile some rules of a fleet (all, or those that an explanation tries) for its candidates."""
    subjects = [(rule, compute_members(rule.of, fleet)) for rule in rules]
    closed = tuple(
        (rule, frozenset().union(*(CLOSING[type(rule)](rule, members, candidates) for members in subject)))
        for rule, subject in subjects
        if type(rule) in CLOSING
    )
    shut = frozenset().union(*(cells for rule, cells in closed if rule.level == "error"))
    eligible = candidates.remove(shut)
    bounds = tuple(
        bound
        for rule, subject in subjects
        if type(rule) in BOUNDING
        for members in subject
        for bound in BOUNDING[type(rule)](rule, members, eligible)
    )
    mistakes = tuple(
        finding for rule, subject in subjects for finding in find_written_mistakes(rule, subject, candidates)
    )
    return CompiledPolicy(eligible, closed, bounds, mistakes)
