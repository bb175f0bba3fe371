"""The rule `skew`: the fullest and the emptiest eligible domain differ by at most so many nodes."""

from orchestrator.model.rule import Skew
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.measures import Range
from orchestrator.policy.subject import Members


def compute_skew_bounds(rule: Skew, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    """One bound on max - min over the domains that the subject can be in; lost and denied ones are not eligible."""
    domains = candidates.get_eligible(members.group_names, rule.per)
    measure = Range(tuple(domains.known.values()), domains.unknown)
    return (Bound(rule, members, measure, high=rule.skew, wording=f"a difference of at most {rule.skew}"),)
