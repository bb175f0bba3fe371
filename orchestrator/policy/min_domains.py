"""The rule `min_domains`: at least so many distinct domains are in use."""

from orchestrator.model.rule import MinDomains
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.measures import Distinct
from orchestrator.policy.subject import Members


def compute_min_domains_bounds(rule: MinDomains, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    """One bound on the number of known domains in use; an unknown domain might be one of the known, so adds none."""
    domains = candidates.get_eligible(members.group_names, rule.per)
    return (
        Bound(
            rule,
            members,
            Distinct(tuple(domains.known.values())),
            low=rule.min_domains,
            unit="domains",
            wording=f"at least {rule.min_domains}",
        ),
    )
