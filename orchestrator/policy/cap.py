"""The rule `cap`: no domain holds more than the amount of the subject's wanted weight."""

from math import floor

from orchestrator.model.rule import Cap
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.ceiling import compute_ceilings
from orchestrator.policy.subject import Members
from orchestrator.policy.weight import compute_weights


def compute_cap_bounds(rule: Cap, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    """At most floor(share x wanted weight), or the absolute amount, in every domain."""
    weights = compute_weights(members, rule.by)
    return compute_ceilings(rule, members, candidates, weights, floor(weights.get_limit(rule.cap)))
