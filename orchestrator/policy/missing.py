"""Facts that a rule needs of places in use and that nobody knows: reported as missing, apart from broken rules."""

from collections.abc import Iterator, Sequence

from orchestrator.model.fleet import Fleet
from orchestrator.model.plan import Finding
from orchestrator.model.rule import MaxDomains, MinDomains, MinNodes, Rule, Survive, Together
from orchestrator.policy.candidates import Candidates, Cell
from orchestrator.policy.measures import Counts
from orchestrator.policy.subject import Members, compute_subjects

PLACES_SHOWN = 3


def find_missing_facts(
    rules: Sequence[Rule], fleet: Fleet, candidates: Candidates, counts: Counts
) -> tuple[Finding, ...]:
    """A warning for each rule and subject with nodes where a kind of domain that the rule speaks of is unknown."""
    return tuple(
        finding
        for rule in rules
        for members in compute_subjects(rule, fleet)
        for kind in rule.kinds
        for finding in _find_missing(rule, kind, members, candidates, counts)
    )


def _find_missing(rule: Rule, kind: str, members: Members, candidates: Candidates, counts: Counts) -> Iterator[Finding]:
    found = candidates.get_occupiable(members.group_names, kind).unknown
    unknown = [cell for cell in found if isinstance(cell, Cell) and counts.get(cell, 0)]
    if not unknown:
        return
    places = sorted({cell.place for cell in unknown})
    shown = ", ".join(places[:PLACES_SHOWN]) + (" …" if len(places) > PLACES_SHOWN else "")
    number = sum(counts[cell] for cell in unknown)
    yield Finding(
        rule="facts",
        name=rule.title,
        level="warning",
        subject=members.name,
        value=f"{number} nodes",
        bound=f"a known {kind}",
        message=f"{members.name}: {number} nodes stand where the {kind} is unknown ({shown}): {rule.title} counts "
        f"them {_render_reading(rule)}; add the fact to the catalogue",
        source=rule.source,
    )


def _render_reading(rule: Rule) -> str:
    """How a rule reads a domain that nobody knows: always the reading that is worst for it."""
    if isinstance(rule, MinNodes | MinDomains):
        return "towards none"
    if isinstance(rule, MaxDomains | Together):
        return "as in a domain of their own"
    return "as lost" if isinstance(rule, Survive) else "against every domain"
