"""Facts that a rule needs of places in use and that nobody knows: reported as missing, apart from broken rules."""

from collections.abc import Iterator, Sequence

from orchestrator.model.fleet import Fleet
from orchestrator.model.plan import Finding
from orchestrator.model.rule import Rule
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.measures import Counts
from orchestrator.policy.subject import Members, compute_members

PLACES_SHOWN = 3


def find_missing_facts(
    rules: Sequence[Rule], fleet: Fleet, candidates: Candidates, counts: Counts
) -> tuple[Finding, ...]:
    """A warning for each rule and subject with nodes where the rule's kind of domain is unknown."""
    return tuple(
        finding
        for rule in rules
        for members in compute_members(rule.of, fleet)
        for finding in _find_missing(rule, members, candidates, counts)
    )


def _find_missing(rule: Rule, members: Members, candidates: Candidates, counts: Counts) -> Iterator[Finding]:
    unknown = [cell for cell in candidates.get_occupiable(members.group_names, rule.per).unknown if counts.get(cell, 0)]
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
        bound=f"a known {rule.per}",
        message=f"{members.name}: {number} nodes stand where the {rule.per} is unknown ({shown}): {rule.title} counts "
        "them against every domain; add the fact to the catalogue",
        source=rule.source,
    )
