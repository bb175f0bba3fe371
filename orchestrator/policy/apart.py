"""The rule `apart`: no two of the groups named have nodes in the same domain."""

from collections.abc import Iterator

from orchestrator.model.rule import Apart
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import AnyCell, Candidates
from orchestrator.policy.ceiling import UNKNOWN_DOMAIN
from orchestrator.policy.measures import Used
from orchestrator.policy.subject import Members


def compute_apart_bounds(rule: Apart, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    """One bound a domain that two groups could share: at most one of them is there.

    A group's standby nodes belong to it. A node whose domain is unknown may be in any, so its group counts as there in
    every domain; with no known domain the unknown places are one.
    """
    domains = candidates.get_occupiable(members.all_names, rule.per)
    known = domains.known or {UNKNOWN_DOMAIN: ()}
    found = ((domain, tuple(_split((*cells, *domains.unknown), members))) for domain, cells in known.items())
    return tuple(
        Bound(
            rule=rule,
            subject=members,
            measure=Used(groups, members.most),
            high=1,
            domain=domain,
            unit="groups",
            wording="at most 1 of them",
        )
        for domain, groups in found
        if len(groups) > 1
    )


def _split(cells: tuple[AnyCell, ...], members: Members) -> Iterator[tuple[AnyCell, ...]]:
    """The cells of each group that has some, those of its standby group with them."""
    for group in members.groups:
        names = {group.name, *(standby.name for standby in members.standby if standby.standby_of == group.name)}
        own = tuple(cell for cell in cells if cell.group in names)
        if own:
            yield own
