"""Whom a rule speaks of: each group on its own, the groups that a selector names together, or the fleet."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.failure_domain import get_role
from orchestrator.model.fleet import Fleet, Group
from orchestrator.model.rule import OfGroups, Rule, Selector, Subject


@dataclass(frozen=True, slots=True)
class Members:
    """The groups that a rule counts together, and what to call them.

    `standby` are the groups of their standby nodes: these are in no share and no spread, but no less bound to stand
    where the groups may, and they survive as the groups' nodes do.
    """

    name: str
    groups: tuple[Group, ...]
    standby: tuple[Group, ...] = ()

    @property
    def group_names(self) -> tuple[str, ...]:
        """Their names, in the spec's order."""
        return tuple(group.name for group in self.groups)

    @property
    def standby_names(self) -> tuple[str, ...]:
        """The names of their standby groups."""
        return tuple(group.name for group in self.standby)

    @property
    def all_names(self) -> tuple[str, ...]:
        """The names of the groups and of their standby groups."""
        return (*self.group_names, *self.standby_names)

    @property
    def wanted(self) -> int:
        """How many nodes the spec asks for."""
        return sum(group.count for group in self.groups)

    @property
    def most(self) -> Mapping[str, int]:
        """How many nodes each of the groups and of their standby groups can have."""
        return {group.name: group.count for group in (*self.groups, *self.standby)}


def compute_subjects(rule: Rule, fleet: Fleet) -> tuple[Members, ...]:
    """Whom a rule speaks of. Groups without the client role that a rule speaks of are no part of its subjects."""
    if isinstance(rule, OfGroups):
        by_name = {group.name: group for group in fleet.groups}
        groups = tuple(by_name[name] for name in rule.group_names if name in by_name)
        name = " and ".join(group.name for group in groups)
        found: tuple[Members, ...] = (_make_members(name, groups, fleet),) if groups else ()
    else:
        found = compute_members(rule.DEFAULT_SUBJECT if rule.of is None else rule.of, fleet)
    roles = frozenset(role for kind in rule.kinds if (role := get_role(kind)) is not None)
    if not roles:
        return found
    kept = (
        Members(
            members.name,
            tuple(group for group in members.groups if roles <= group.clients.keys()),
            tuple(group for group in members.standby if roles <= group.clients.keys()),
        )
        for members in found
    )
    return tuple(members for members in kept if members.groups)


def compute_members(of: Subject | None, fleet: Fleet) -> tuple[Members, ...]:
    """The subjects of a rule: one a group without `of`, else one; none where no group is selected."""
    active = tuple(group for group in fleet.groups if group.standby_of is None)
    if of is None:
        return tuple(_make_members(group.name, (group,), fleet) for group in active)
    if of == "fleet":
        return (_make_members("fleet", active, fleet),)
    groups = tuple(group for group in active if is_selected(group, of))
    return (_make_members(render_selector(of), groups, fleet),) if groups else ()


def _make_members(name: str, groups: tuple[Group, ...], fleet: Fleet) -> Members:
    names = {group.name for group in groups}
    return Members(name, groups, tuple(group for group in fleet.groups if group.standby_of in names))


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
