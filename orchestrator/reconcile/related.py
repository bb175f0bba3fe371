"""The lines of the lock that a finding is about: the machine it names, or those that stand where it says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.model.domain import get_domain
from orchestrator.model.failure_domain import get_role
from orchestrator.model.lock import Machine
from orchestrator.model.source import Source
from orchestrator.placement.places import get_place_name
from orchestrator.reconcile.review import Reviewed
from orchestrator.reconcile.verdict import Judged

MOST_RELATED = 20
OF_THE_HEADER = frozenset({"fleet", "spec", "revision", "parent"})


@dataclass(frozen=True)
class Lines:
    """The lock's file, and the line of each machine in it, by id."""

    file: str
    of: Mapping[str, int]


@dataclass(frozen=True)
class Spoken:
    """Whom a finding speaks of: nodes of these groups in one domain of a kind."""

    groups: frozenset[str]
    kind: str
    domain: str


def find_related(judged: Sequence[Judged], reviewed: Reviewed, lines: Lines) -> tuple[Judged, ...]:
    """The findings with their lines, of each at most the first MOST_RELATED."""
    spoken = dict(_list_spoken(reviewed)) if judged else {}
    by_node = {machine.node: machine.machine for machine in reviewed.running}

    def list_lines(each: Judged) -> tuple[Source, ...]:
        finding = each.finding
        if finding.rule in OF_THE_HEADER:
            return (Source.at(lines.file),)
        machine = finding.subject if finding.subject in lines.of else by_node.get(finding.subject)
        whom = spoken.get((finding.source, finding.subject))
        names = [machine] if machine else _list_machines(whom, reviewed) if whom else []
        return tuple(Source.at(lines.file, lines.of[name]) for name in names[:MOST_RELATED] if name in lines.of)

    return tuple(replace(each, related=list_lines(each)) for each in judged)


def _list_spoken(reviewed: Reviewed) -> Iterator[tuple[tuple[Source, str], Spoken]]:
    """Whom the policy's findings speak of, by the rule's place and the finding's subject."""
    for bound in reviewed.policy.bounds:
        if bound.domain is not None and len(bound.rule.kinds) == 1:
            whom = Spoken(frozenset(bound.subject.group_names), bound.rule.kinds[0], bound.domain)
            yield (bound.rule.source, bound.where), whom
    for rule, cells in reviewed.policy.closed:
        for cell in cells:
            domain = reviewed.policy.candidates.get_domain(cell, rule.per)
            if domain is not None:
                where = f"{cell.group}, {rule.per} {domain}"
                yield (rule.source, where), Spoken(frozenset({cell.group}), rule.per, domain)


def _list_machines(whom: Spoken, reviewed: Reviewed) -> list[str]:
    return [machine.machine for machine in reviewed.running if _is_in(machine, whom, reviewed)]


def _is_in(machine: Machine, whom: Spoken, reviewed: Reviewed) -> bool:
    if machine.group not in whom.groups:
        return False
    if (role := get_role(whom.kind)) is not None:
        return machine.clients.get(role) == whom.domain
    place = reviewed.situation.places[get_place_name(machine)].site
    return get_domain(whom.kind, place, {}) == whom.domain
