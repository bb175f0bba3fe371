"""Facts that a rule needs of places in use and that nobody knows: reported as missing, apart from broken rules."""

from collections.abc import Iterable, Iterator, Sequence

from orchestrator.model.failure_domain import Recorded
from orchestrator.model.fleet import Fleet, Group
from orchestrator.model.missing import MissingFact, render_filling
from orchestrator.model.plan import MISSING, Finding
from orchestrator.model.rule import Level, MaxDomains, MinDomains, MinNodes, Rule, Survive, Together
from orchestrator.policy.candidates import Candidates, Cell
from orchestrator.policy.measures import Counts
from orchestrator.policy.subject import Members, compute_subjects

PLACES_SHOWN = 3


def find_missing_facts(
    rules: Sequence[Rule], fleet: Fleet, candidates: Candidates, counts: Counts
) -> tuple[Finding, ...]:
    """A finding for each rule and subject with nodes where a kind of domain that the rule speaks of is unknown.

    It is of the rule's own level where one of these nodes is on a production network, else a warning.
    """
    return tuple(
        finding
        for rule in rules
        for members in compute_subjects(rule, fleet)
        for kind in rule.kinds
        for finding in _find_missing(rule, kind, members, candidates, counts)
    )


def compute_level(level: Level, groups: Iterable[Group]) -> Level:
    """How bad it is that a fact is not known of some nodes of these groups, for what is asked for at `level`."""
    return level if any(group.production for group in groups) else "warning"


def describe_missing(
    rule: Rule, members: Members, groups: frozenset[str], message: str, *, value: str, bound: str
) -> Finding:
    """That something which the rule asks for is not known of nodes of some of the members' groups."""
    level = compute_level(rule.level, (group for group in (*members.groups, *members.standby) if group.name in groups))
    accept = ", or give the rule level: warning" if level == "error" else ""
    found = Finding.of(rule, members.name, message + accept, value=value, bound=bound)
    return found.model_copy(update={"rule": MISSING, "level": level})


def _find_missing(rule: Rule, kind: str, members: Members, candidates: Candidates, counts: Counts) -> Iterator[Finding]:
    found = candidates.get_occupiable(members.group_names, kind).unknown
    unknown = [cell for cell in found if isinstance(cell, Cell) and counts.get(cell, 0)]
    if not unknown:
        return
    places = sorted({cell.place for cell in unknown})
    shown = ", ".join(places[:PLACES_SHOWN]) + (" …" if len(places) > PLACES_SHOWN else "")
    number = sum(counts[cell] for cell in unknown)
    filling = render_filling(describe_fact(kind, place, candidates) for place in places)
    message = f"{members.name}: {number} nodes stand where the {kind} is unknown ({shown}): {rule.title} counts them "
    message += f"{_render_reading(rule)}; {filling}"
    groups = frozenset(cell.group for cell in unknown)
    yield describe_missing(rule, members, groups, message, value=f"{number} nodes", bound=f"a known {kind}")


def describe_fact(kind: str, place: str, candidates: Candidates) -> MissingFact:
    """The domain of `kind` that nobody knows of a place, and where the place's facts are written."""
    placed = candidates.places[place]
    return MissingFact(kind, place, placed.origin.source if isinstance(placed, Recorded) else None)


def _render_reading(rule: Rule) -> str:
    """How a rule reads a domain that nobody knows: always the reading that is worst for it."""
    if isinstance(rule, MinNodes | MinDomains):
        return "towards none"
    if isinstance(rule, MaxDomains | Together):
        return "as in a domain of their own"
    return "as lost" if isinstance(rule, Survive) else "against every domain"
