"""What a plan must say beside its machines: losses that hit nothing, refusals, nodes held, nodes without a place."""

from collections.abc import Iterator
from typing import get_args

from orchestrator.model.closure import Closure
from orchestrator.model.fleet import Group
from orchestrator.model.lock import Machine
from orchestrator.model.plan import FENCE, Finding
from orchestrator.model.source import Source
from orchestrator.placement.candidates import Situation
from orchestrator.placement.columns import Resource
from orchestrator.placement.places import Place, get_place_name


def compute_notices(situation: Situation) -> tuple[Finding, ...]:
    """Findings on the situation itself, whatever is placed where."""
    return (*_find_idle_losses(situation), *_find_refused(situation), *_find_held(situation))


def _find_refused(situation: Situation) -> Iterator[Finding]:
    """Where clouds refuse new machines now: why a plan may be dearer, less spread or partial."""
    for taint in situation.taints:
        if any(taint.is_at(place.site) for place in situation.places.values()):
            yield Finding(
                rule="capacity",
                name="what the clouds can give",
                level="warning",
                subject=str(taint),
                value=taint.code,
                bound="",
                message=f"no new machine is placed at {taint} for now: the cloud refused one ({taint.code})",
                source=Source.at(situation.fleet.path),
            )


def _find_idle_losses(situation: Situation) -> Iterator[Finding]:
    """A loss that covers no place is a slip of the pen, or long gone."""
    for loss in situation.losses:
        if not any(loss.covers(place.site) for place in situation.places.values()):
            known = sorted({str(place.site.get_domain(loss.kind)) for place in situation.places.values()})
            yield Finding(
                rule="lose",
                name=str(loss),
                level="warning",
                subject=str(loss),
                value="no place",
                bound="",
                message=f"no place of this fleet is in {loss}; known: {', '.join(known[:12])}",
                source=Source.at(situation.fleet.path),
            )


def _find_held(situation: Situation) -> Iterator[Finding]:
    for group in situation.fleet.groups:
        for holding in situation.holdings[group.name]:
            if holding.held and holding.home is not None:
                why = _describe_misplacement(holding.home, situation.places[get_place_name(holding.home)])
                yield Finding(
                    rule=FENCE,
                    name="a node that signs is not moved",
                    level="error",
                    subject=holding.node,
                    value=holding.home.machine,
                    bound="evidence that it no longer signs",
                    message=f"{holding.node} is held on {holding.home.machine} although {why}: it signs, and starting "
                    "it elsewhere without evidence that it stopped could sign twice",
                    source=group.source,
                )


def _describe_misplacement(machine: Machine, place: Place) -> str:
    if machine.compromised is not None:
        return f"{machine.compromised} was declared compromised while it stood there"
    if place.lost:
        return "its domain is lost"
    return "its domain is drained" if place.closure == "drained" else "it no longer fits"


def _list_closures(situation: Situation) -> Iterator[tuple[Closure, str]]:
    """The sites that are closed, by how: what a node without a place could wait for."""
    for closure in get_args(Closure):
        names = sorted({place.site.name for place in situation.places.values() if place.closure == closure})
        if names:
            yield closure, ", ".join(names[:6])


def describe_unplaced(situation: Situation, group: Group) -> str:
    """Why a node of the group has no machine."""
    keys = situation.fresh_by_group.get(group.name, ())
    refused = "".join(f"; refused for now: {taint} ({taint.code})" for taint in situation.taints[:6])
    closed = _list_closures(situation)
    refused += "".join(f"; {closure.replace('_', ' ')}: {domains}" for closure, domains in closed)
    if not keys:
        return f"no open site that the policy allows offers a machine for {group.name}{refused}"
    full: set[Resource] = {resource for key in keys for resource in situation.fresh[key].resources}
    limits = ", ".join(
        f"{resource.kind} {resource.name}: {situation.free[resource]} free" for resource in sorted(full)[:6]
    )
    if not full:
        return f"the policy leaves no room for {group.name} at the sites that are left{refused}"
    return f"not enough machines are left for {group.name} ({limits}){refused}"
