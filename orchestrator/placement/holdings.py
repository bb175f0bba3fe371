"""What each node holds now, by the lock: the machine it stands on, and machines of its own that it could go back to."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from math import ceil

from orchestrator.model.fleet import Account, Group
from orchestrator.model.lock import CARRYING_STATES, Machine, MachineState
from orchestrator.placement.columns import ColumnKey
from orchestrator.placement.offers import DEFAULT_ARCH, OfferBook, has_local_disk, is_large_enough
from orchestrator.placement.places import Place, get_place_name, is_region_of
from orchestrator.policy.candidates import Cell, ClientCell
from orchestrator.policy.measures import Counts


def count_cells(machines: Iterable[Machine]) -> Counter[Cell]:
    """Nodes by cell, of the machines that carry one: those wanted or held."""
    return Counter(get_column_key(machine).cell for machine in machines if machine.state in CARRYING_STATES)


def count_nodes(machines: Iterable[Machine]) -> Counts:
    """Nodes by cell, and by client of each role: all that bounds are held against."""
    carrying = [machine for machine in machines if machine.state in CARRYING_STATES]
    clients = Counter(ClientCell(machine.group, *item) for machine in carrying for item in machine.clients.items())
    return dict([*count_cells(carrying).items(), *clients.items()])


@dataclass(frozen=True, slots=True)
class Holding:
    """A node of the lock. `standing` nodes are wanted; others only wait for their machines to be retired.

    `home` is the machine that the node runs on, None where it was lost before and never replaced. `stay` is its column
    where it may stay, and `adoptable` are the node's other machines that may be wanted again. A `pinned` node signs:
    it must not move before there is evidence that it no longer does.
    """

    group: str
    node: str
    number: int
    entries: tuple[Machine, ...]
    home: Machine | None
    stay: ColumnKey | None
    adoptable: tuple[tuple[ColumnKey, Machine], ...]
    standing: bool
    pinned: bool

    @property
    def held(self) -> bool:
        """Whether the node should move, and must not."""
        return self.pinned and self.stay is None

    @property
    def traits(self) -> Hashable:
        """All that placement asks of the node but its name: two nodes of the same traits may stand for each other."""
        home = self.home or self.entries[-1]
        back = tuple((key, tuple(machine.clients.items())) for key, machine in self.adoptable)
        stay = get_column_key(home) if self.pinned else self.stay
        return (self.group, stay, self.held, self.standing, self.pinned, tuple(home.clients.items()), back)

    def restrict(self, cells: Set[Cell]) -> "Holding":
        """The same where only these cells are open."""
        stay = self.stay if self.stay is not None and self.stay.cell in cells else None
        adoptable = tuple(item for item in self.adoptable if item[0].cell in cells)
        unchanged = stay is self.stay and len(adoptable) == len(self.adoptable)
        return self if unchanged else replace(self, stay=stay, adoptable=adoptable)


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges whether a machine may be kept: its place stands, its account may use it, it still meets the need."""

    accounts: Mapping[str, Account]
    places: Mapping[str, Place]
    book: OfferBook
    signing_groups: frozenset[str]

    def is_fit(self, machine: Machine, group: Group) -> bool:
        """Whether the machine may go on carrying a node of the group. A cheaper type or a newer image is no reason."""
        account = self.accounts.get(machine.account)
        place = self.places.get(get_place_name(machine))
        if account is None or place is None or is_left(place) or not is_usable(machine, account):
            return False
        if machine.compromised is not None:  # its domain may be trusted again, what ran there never
            return False
        return (machine.chain, machine.network) == (group.chain, group.network) and self._meets_need(machine, group)

    def may_return(self, machine: Machine) -> bool:
        """Whether a node may go back to a machine that it left: not into a domain that takes nothing new."""
        return self.places[get_place_name(machine)].closure is None

    def _meets_need(self, machine: Machine, group: Group) -> bool:
        need = group.machine
        found = self.book.get_machine_type(machine.provider, machine.region, machine.machine_type)
        if found is None:  # the catalogue dropped the type: it was held against the need when it was placed
            return machine.arch == (need.arch or DEFAULT_ARCH)
        if not is_large_enough(need, found):
            return False
        if machine.volume_gib is None:
            return has_local_disk(need, found)
        return machine.volume_gib >= ceil(need.disk) and need.disk_kind != "nvme"


def is_left(place: Place) -> bool:
    """Whether what stands at the place is to stand elsewhere."""
    return place.lost or place.closure == "drained"


def is_usable(machine: Machine, account: Account) -> bool:
    """Whether the account still has what the machine stands on: provider, region, enrolled host."""
    return (
        account.provider == machine.provider
        and is_region_of(account, machine.region)
        and (machine.host is None or any(host.name == machine.host for host in account.hosts))
    )


def compute_holdings(group: Group, machines: Sequence[Machine], judge: Judge) -> tuple[Holding, ...]:
    """The nodes of a group that the lock knows, by number."""
    by_node: dict[str, list[Machine]] = {}
    for machine in machines:
        by_node.setdefault(machine.node, []).append(machine)
    holdings = [_compute_holding(group, found, judge) for found in by_node.values()]
    return tuple(sorted(holdings, key=lambda holding: (holding.number, holding.node)))


def _compute_holding(group: Group, entries: list[Machine], judge: Judge) -> Holding:
    entries.sort(key=lambda machine: machine.generation)
    signing = group.name in judge.signing_groups
    # A lost machine of a node that signs is still its home: nothing may sign elsewhere meanwhile.
    lasting = (MachineState.LOST,) if signing else ()
    home = _find_home(entries, (MachineState.WANTED, MachineState.HELD, *lasting))
    fit = [machine for machine in entries if judge.is_fit(machine, group)]
    others = (machine for machine in fit if machine is not home and judge.may_return(machine))
    whole = (machine for machine in others if machine.refused is None)
    adoptable = {get_column_key(machine): machine for machine in whole}
    return Holding(
        group=group.name,
        node=entries[0].node,
        number=get_node_number(entries[0].node),
        entries=tuple(entries),
        home=home,
        stay=get_column_key(home) if home is not None and home in fit else None,
        adoptable=() if signing else tuple(sorted(adoptable.items(), key=lambda item: item[0])),
        standing=any(_is_standing(machine) for machine in entries),
        pinned=signing and home is not None,
    )


def _is_standing(machine: Machine) -> bool:
    """Whether the machine's node is wanted: one that is let go for its own sake says nothing of its node."""
    return machine.state is not MachineState.RETIRING or bool(machine.refused or machine.compromised)


def _find_home(entries: Sequence[Machine], states: Sequence[MachineState]) -> Machine | None:
    """The newest machine in the first of the states that has one."""
    for state in states:
        found = [machine for machine in entries if machine.state is state]
        if found:
            return found[-1]
    return None


def get_column_key(machine: Machine) -> ColumnKey:
    """The column that a machine of the lock stands in."""
    return ColumnKey(
        machine.group,
        get_place_name(machine),
        machine.machine_type,
        machine.volume_gib or 0,
        machine.volume_type or "",
    )


def get_node_number(node: str) -> int:
    """The number at the end of a node's name: 3 of "btc-3"."""
    return int(node.rpartition("-")[2])
