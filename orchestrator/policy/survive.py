"""The rule `survive`: whichever so many domains are lost, enough of the subject is left."""

from math import ceil

from orchestrator.model.rule import Survive
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.measures import Sum, Survivors, TopK
from orchestrator.policy.subject import Members
from orchestrator.policy.weight import compute_weights, render_least


def compute_survive_bounds(rule: Survive, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    """One bound on what is left after the worst loss: at least ceil(share x wanted weight), or the absolute amount.

    Standby nodes are left as others are. A node whose domain is unknown is lost with whichever domains are lost.
    """
    weights = compute_weights(members, rule.by)
    least = ceil(weights.get_limit(rule.keep))
    domains = candidates.get_occupiable(members.all_names, rule.per)
    held = tuple(Sum.weigh(cells, weights.per_node) for cells in domains.known.values())
    unknown = Sum.weigh(domains.unknown, weights.per_node)
    whole = Sum(tuple(term for part in (*held, unknown) for term in part.terms))
    worst = f"any {rule.survive}" if rule.survive > 1 else "any one"
    return (
        Bound(
            rule=rule,
            subject=members,
            measure=Survivors(whole, TopK(held, rule.survive, unknown)),
            low=least,
            unit=rule.by,
            scale=weights.scale,
            wording=f"{render_least(least, weights, rule.keep, rule.by)} left after the loss of {worst} per {rule.per}",
        ),
    )
