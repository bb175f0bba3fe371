"""The rule `deny`: no node stands in a domain named."""

from orchestrator.model.rule import Deny
from orchestrator.policy.candidates import Candidates, Cell
from orchestrator.policy.subject import Members


def compute_denied(rule: Deny, members: Members, candidates: Candidates) -> frozenset[Cell]:
    """The cells that the rule closes: every domain named, and every unknown one, which might be one of them."""
    closed = (None, *rule.deny)
    return frozenset(
        cell
        for cell in candidates.get_occupiable_cells((*members.group_names, *members.standby_names))
        if candidates.get_domain(cell, rule.per) in closed
    )
