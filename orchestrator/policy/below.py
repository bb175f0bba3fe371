"""The rule `below`: every domain holds strictly less than the amount of the subject's wanted weight."""

from math import ceil

from orchestrator.model.rule import Below
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.ceiling import compute_ceilings
from orchestrator.policy.subject import Members
from orchestrator.policy.weight import compute_weights


def compute_below_bounds(rule: Below, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    """The largest whole weight below the amount: 33% of 12 nodes is 3.96, so 3; 25% of 12 is 3, so 2."""
    weights = compute_weights(members, rule.by)
    return compute_ceilings(rule, members, candidates, weights, ceil(weights.get_limit(rule.below)) - 1)
