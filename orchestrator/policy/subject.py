"""Whom a rule speaks of: each group on its own, the groups that a selector names together, or the fleet."""

from dataclasses import dataclass

from orchestrator.model.fleet import Fleet, Group
from orchestrator.model.rule import Selector, Subject


@dataclass(frozen=True, slots=True)
class Members:
    """The groups that a rule counts together, and what to call them."""

    name: str
    groups: tuple[Group, ...]

    @property
    def group_names(self) -> tuple[str, ...]:
        """Their names, in the spec's order."""
        return tuple(group.name for group in self.groups)

    @property
    def wanted(self) -> int:
        """How many nodes the spec asks for."""
        return sum(group.count for group in self.groups)


def compute_members(of: Subject | None, fleet: Fleet) -> tuple[Members, ...]:
    """The subjects of a rule: one a group without `of`, else one; none where no group is selected."""
    if of is None:
        return tuple(Members(group.name, (group,)) for group in fleet.groups)
    if of == "fleet":
        return (Members("fleet", fleet.groups),)
    groups = tuple(group for group in fleet.groups if is_selected(group, of))
    return (Members(render_selector(of), groups),) if groups else ()


def is_selected(group: Group, selector: Selector) -> bool:
    """Whether all that the selector gives holds for the group."""
    return (
        selector.group in (None, group.name)
        and selector.chain in (None, group.chain)
        and selector.network in (None, group.network)
        and all(group.labels.get(key) == value for key, value in (selector.label or {}).items())
    )


def render_selector(selector: Selector) -> str:
    """Such as "chain=ethereum, network=mainnet"; a group by its name alone."""
    fields = [(key, getattr(selector, key)) for key in ("group", "chain", "network")]
    given = [(key, value) for key, value in fields if value is not None]
    given += sorted((selector.label or {}).items())
    if len(given) == 1 and selector.group is not None:
        return selector.group
    return ", ".join(f"{key}={value}" for key, value in given) or "all groups"
