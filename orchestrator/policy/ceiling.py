"""An upper bound on what each domain holds: what `cap` and `below` have in common."""

from orchestrator.model.rule import Below, Cap
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.measures import Sum
from orchestrator.policy.subject import Members
from orchestrator.policy.weight import Weights, render_limit

UNKNOWN_DOMAIN = "(unknown)"


def compute_ceilings(
    rule: Cap | Below, members: Members, candidates: Candidates, weights: Weights, limit: int
) -> tuple[Bound, ...]:
    """One bound a domain: its weight and that of all nodes whose domain is unknown is at most `limit`.

    The strict reading of "unknown facts count against a cap": a node whose country nobody knows may stand in any, so
    it counts in every country's cap. With no known domain at all the unknown nodes are one domain.
    """
    domains = candidates.get_occupiable(members.group_names, rule.per)
    if not domains.known and not domains.unknown:
        return ()
    amount = rule.cap if isinstance(rule, Cap) else rule.below
    wording = render_limit(limit, weights, amount, rule.by)

    return tuple(
        Bound(
            rule=rule,
            subject=members,
            measure=Sum.weigh((*cells, *domains.unknown), weights.per_node),
            high=limit,
            domain=domain,
            unit=rule.by,
            scale=weights.scale,
            wording=wording,
        )
        for domain, cells in (domains.known or {UNKNOWN_DOMAIN: ()}).items()
    )
