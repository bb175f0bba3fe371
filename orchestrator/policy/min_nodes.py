"""The rule `min_nodes`: at least the amount of the subject's wanted weight stands in the domains named."""

from math import ceil

from orchestrator.model.failure_domain import get_role
from orchestrator.model.rule import MinNodes
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import AnyCell, Candidates
from orchestrator.policy.measures import Sum
from orchestrator.policy.subject import Members
from orchestrator.policy.weight import compute_weights, render_least


def compute_min_nodes_bounds(rule: MinNodes, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    """At least ceil(share x wanted weight), or the absolute amount. A node at an unknown domain counts as elsewhere."""
    weights = compute_weights(members, rule.by)
    least = ceil(weights.get_limit(rule.min_nodes))
    cells = find_cells_within(rule, members, candidates)
    return (
        Bound(
            rule=rule,
            subject=members,
            measure=Sum.weigh(cells, weights.per_node),
            low=least,
            unit=rule.by,
            scale=weights.scale,
            wording=f"{render_least(least, weights, rule.min_nodes, rule.by)} in {rule.place}",
        ),
    )


def find_cells_within(rule: MinNodes, members: Members, candidates: Candidates) -> tuple[AnyCell, ...]:
    """The cells of the subject that are in all of the domains named."""
    names = members.group_names
    cells: tuple[AnyCell, ...] = candidates.get_occupiable_cells(names)
    if any(get_role(kind) is not None for kind in rule.within):
        [kind] = rule.within
        cells = tuple(cell for found in candidates.get_occupiable(names, kind).known.values() for cell in found)
    return tuple(
        cell for cell in cells if all(candidates.get_domain(cell, kind) == name for kind, name in rule.within.items())
    )
