"""The review of an inventory under a policy: the rules that do not hold for what runs. Solves nothing."""

from orchestrator.model.plan import Finding
from orchestrator.policy.compile import compile_policy
from orchestrator.policy.evaluate import evaluate
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
        *find_missing_facts(fleet.policy, fleet, policy.candidates, counts),
    )
