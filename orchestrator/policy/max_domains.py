"""The rule `max_domains`: at most so many distinct domains are in use."""

from orchestrator.model.rule import MaxDomains
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.measures import Used
from orchestrator.policy.subject import Members


def compute_max_domains_bounds(rule: MaxDomains, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    """One bound on the domains in use; a place whose domain is unknown may be in yet another, so it counts as one."""
    domains = candidates.get_occupiable(members.group_names, rule.per)
    measure = Used((*domains.known.values(), *domains.places.values()), members.most)
    wording = f"at most {rule.max_domains}"
    return (Bound(rule, members, measure, high=rule.max_domains, unit="domains", wording=wording),)
