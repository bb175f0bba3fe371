"""Which clients a node may run: those that its group offers, role by role or in the combinations that it names."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestrator.model.artifact import ArtifactPin
from orchestrator.model.client import ClientFacts
from orchestrator.model.fleet import Group

ClientChoice = Mapping[str, Sequence[str]]
"""The clients that may fill each role of a group, in written order."""

Option = tuple[str | None, ...]
"""A client for each role of a bundle; None where a node that runs has none in that role."""


class Bundle(NamedTuple):
    """Roles of a group that are filled together, and with what: one role, or all that the group's combinations name."""

    group: str
    roles: tuple[str, ...]
    options: tuple[Option, ...]

    def get_option(self, clients: Mapping[str, str]) -> Option:
        """What of these clients fills the bundle's roles."""
        return tuple(clients.get(role) for role in self.roles)


def compute_bundles(group: Group) -> tuple[Bundle, ...]:
    """The bundles of a group, in the order in which its roles are written."""
    named = group.combinations[0] if group.combinations else {}
    together = tuple(role for role in group.clients if role in named)
    bundles = [
        Bundle(group.name, (role,), tuple((client,) for client in offered))
        for role, offered in group.clients.items()
        if role not in together
    ]
    if together:
        options = tuple(dict.fromkeys(tuple(chosen[role] for role in together) for chosen in group.combinations))
        bundles.append(Bundle(group.name, together, options))
    return tuple(sorted(bundles, key=lambda bundle: list(group.clients).index(bundle.roles[0])))


@dataclass(frozen=True, slots=True)
class ClientBook:
    """The client catalogue, with what the fleet's operator vouches for. A client that nobody knows may do anything."""

    facts: Mapping[str, ClientFacts] = field(default_factory=dict)
    pins: Mapping[str, ArtifactPin] = field(default_factory=dict)

    def is_built_for(self, option: Option, arch: str) -> bool:
        """Whether all clients of an option are to be had for an architecture of machines."""
        return all(client is None or self._is_built_for(client, arch) for client in option)

    def may_be_replaced(self, client: str | None) -> bool:
        """Whether a node of a group that signs may run another client in its place: known not to sign."""
        return client is None or (client in self.facts and not self.facts[client].signs)

    def _is_built_for(self, client: str, arch: str) -> bool:
        return client not in self.facts or self.facts[client].is_built_for(arch, self.pins.get(client))


EMPTY_BOOK = ClientBook()


def count_changed_roles(before: Mapping[str, str], after: Mapping[str, str]) -> int:
    """In how many roles a machine runs another client than before, or one more, or one less."""
    return sum(before.get(role) != after.get(role) for role in before.keys() | after.keys())


class ClientShares:
    """Hands out a bundle's options evenly: the one that fewest nodes run, ties in written order."""

    def __init__(self, options: Sequence[Option]) -> None:
        self._used: Counter[Option] = Counter(dict.fromkeys(options, 0))

    def note(self, option: Option) -> None:
        """A node runs this already."""
        self._used[option] += 1

    def take(self) -> Option:
        """What the next node runs."""
        option = min(self._used, key=lambda each: self._used[each])
        self.note(option)
        return option
