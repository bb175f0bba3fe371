"""The rule `allow`: nodes stand only in the domains named."""

from orchestrator.model.rule import Allow
from orchestrator.policy.candidates import Candidates, Cell
from orchestrator.policy.subject import Members


def compute_not_allowed(rule: Allow, members: Members, candidates: Candidates) -> frozenset[Cell]:
    """The cells that the rule closes: every domain not named, and every unknown one."""
    return frozenset(
        cell
        for cell in candidates.get_occupiable_cells((*members.group_names, *members.standby_names))
        if candidates.get_domain(cell, rule.per) not in rule.allow
    )
