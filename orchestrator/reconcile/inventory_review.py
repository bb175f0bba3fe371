"""The review of an inventory under a policy: the rules that do not hold for what runs. Solves nothing."""

from collections.abc import Mapping

from orchestrator.model.plan import Finding
from orchestrator.policy.budget import Spending, evaluate_costs
from orchestrator.policy.candidates import Cell
from orchestrator.policy.compile import compile_policy
from orchestrator.policy.evaluate import evaluate
from orchestrator.policy.measures import Counts
from orchestrator.policy.missing import find_missing_facts
from orchestrator.reconcile.review import find_closed
from orchestrator.reconcile.standing import Standing


def review_standing(standing: Standing) -> tuple[Finding, ...]:
    """Every finding on where the nodes stand, at the rules' places.

    What an inventory's rules know of is what is in use: a domain without a node is none that `skew` could count.
    """
    fleet, counts = standing.fleet, standing.count_nodes()
    policy = compile_policy(fleet.policy, fleet, standing.candidates)
    return (
        *policy.findings,
        *find_closed(policy, standing.candidates, standing.count()),
        *evaluate(counts, policy.bounds),
        *evaluate_costs(_list_unpriced(counts), policy.cost_limits),
        *find_missing_facts(fleet.policy, fleet, policy.candidates, counts),
    )


def _list_unpriced(counts: Counts) -> Mapping[str, Spending]:
    """By group, its nodes as machines without a price: an inventory has none, and none is no free machine."""
    spent: dict[str, Spending] = {}
    for cell, number in counts.items():
        if isinstance(cell, Cell):
            spent[cell.group] = Spending(0, spent.get(cell.group, Spending(0, 0)).unpriced + number)
    return spent
