"""Counts -> machines, stably: what can stay stays, low numbers first, and every name follows from the inputs alone."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.model.fleet import Group
from orchestrator.model.lock import Machine, MachineState, Retired
from orchestrator.model.plan import Change, PlannedMachine
from orchestrator.placement.candidates import Situation
from orchestrator.placement.columns import Column, ColumnKey
from orchestrator.placement.encode import Encoding
from orchestrator.placement.holdings import Holding, get_column_key
from orchestrator.placement.places import get_place_name
from orchestrator.placement.transport import Seat, compute_clients


@dataclass(slots=True)
class Assignment:
    """Where each node of a group goes. `nodes` are those that the group keeps or gains, in order of their numbers."""

    stays: list[Holding] = field(default_factory=list)
    adopts: list[tuple[Holding, Machine]] = field(default_factory=list)
    moves: list[tuple[Holding, ColumnKey]] = field(default_factory=list)
    adds: list[tuple[str, ColumnKey]] = field(default_factory=list)
    leaves: list[Holding] = field(default_factory=list)
    waits: list[Holding] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    later: list[Holding] = field(default_factory=list)


def compute_assignment(group: Group, situation: Situation, encoding: Encoding, values: Sequence[int]) -> Assignment:
    """Give each node of a group its part of the counts."""
    result = Assignment()
    room = deque(_expand(encoding, values, situation.fresh_by_group.get(group.name, ())))
    rest = _assign_kept(result, situation.holdings[group.name], encoding, values)
    wanted = group.count - len(result.stays) - len(result.adopts)
    moving, result.leaves = rest[:wanted], [*rest[wanted:], *_find_departed(result, situation, group)]
    for holding in moving:
        if room:
            result.moves.append((holding, room.popleft()))
        else:
            result.waits.append(holding)
    for name in _name_nodes(group, situation, wanted - len(moving)):
        if room:
            result.adds.append((name, room.popleft()))
        else:
            result.missing.append(name)
    return result


def _assign_kept(
    result: Assignment, holdings: Sequence[Holding], encoding: Encoding, values: Sequence[int]
) -> list[Holding]:
    """Let nodes stay or go back as the counts say, low numbers first; the standing nodes left over are returned."""
    left = {node_class: values[variable] for node_class, variable in encoding.stay.items()}
    back = {adoption: values[variable] for adoption, variable in encoding.adopt.items()}
    rest = []
    for holding in holdings:
        node_class = encoding.classify(holding)
        adoption = next((key for key in node_class.adoptable if back[node_class, key]), None)
        if left.get(node_class, 0):
            left[node_class] -= 1
            result.stays.append(holding)
        elif adoption is not None:
            back[node_class, adoption] -= 1
            result.adopts.append((holding, dict(holding.adoptable)[adoption]))
        elif holding.standing:
            rest.append(holding)
    return rest


def _find_departed(result: Assignment, situation: Situation, group: Group) -> Iterator[Holding]:
    """Nodes that were on their way out already and stay so."""
    back = {holding.node for holding, _ in result.adopts}
    return (holding for holding in situation.holdings[group.name] if not holding.standing and holding.node not in back)


def _expand(encoding: Encoding, values: Sequence[int], keys: Iterable[ColumnKey]) -> Iterator[ColumnKey]:
    for key in keys:
        if key in encoding.fresh:
            yield from [key] * values[encoding.fresh[key]]


def _name_nodes(group: Group, situation: Situation, number: int) -> Iterator[str]:
    """The lowest numbers that no machine of the lock carries."""
    taken = {holding.number for holding in situation.holdings[group.name]}
    candidate = 0
    for _ in range(number):
        candidate += 1
        while candidate in taken:
            candidate += 1
        yield f"{group.name}-{candidate}"


def compute_node_clients(
    group: Group, situation: Situation, assignment: Assignment, encoding: Encoding, values: Sequence[int]
) -> dict[str, dict[str, str]]:
    """The clients of every node that has a machine, by role. A node that waits for one keeps what it runs."""
    seats = list(_list_seats(situation, assignment, encoding))
    return {
        **{holding.node: dict(get_running(holding)) for holding in assignment.waits},
        **compute_clients(group, seats, encoding.marginals.pools, values),
    }


def _list_seats(situation: Situation, assignment: Assignment, encoding: Encoding) -> Iterator[Seat]:
    def get_arch(key: ColumnKey) -> str:
        return situation.get_column(key).offer.arch

    for holding in assignment.stays:
        node_class = encoding.classify(holding)
        if node_class.stay is not None:
            arch = get_arch(node_class.stay)
            yield Seat(holding.node, arch, get_running(holding), stays=True, fixed=node_class.fixed)
    for holding, machine in assignment.adopts:
        yield Seat(holding.node, get_arch(get_column_key(machine)), machine.clients, stays=True)
    for holding, key in assignment.moves:
        yield Seat(holding.node, get_arch(key), get_running(holding), stays=False)
    for node, key in assignment.adds:
        yield Seat(node, get_arch(key), None, stays=False)


def get_running(holding: Holding) -> Mapping[str, str]:
    """What a node runs, or last ran."""
    return (holding.home or holding.entries[-1]).clients


class MachineWriter:
    """Writes the machines of a plan: names new incarnations, sets states. `clients` are those of each node, by role."""

    def __init__(self, situation: Situation, group: Group, clients: Mapping[str, dict[str, str]]) -> None:
        self._situation = situation
        self._group = group
        self._clients = clients
        self._last_generation: dict[str, int] = {}
        retired: Iterable[Retired] = situation.lock.retired if situation.lock else ()
        for name in [line.retired for line in retired]:
            self._note(name)
        for holding in situation.holdings[group.name]:
            for machine in holding.entries:
                self._note(machine.machine)

    def write(self, assignment: Assignment) -> Iterator[PlannedMachine]:
        """Every machine of the group, in no particular order."""
        for holding in [*assignment.stays, *assignment.waits, *assignment.later]:
            yield from self._write_staying(holding, self._clients[holding.node])
        for holding, machine in assignment.adopts:
            yield from self._write_adopted(holding, machine, self._clients[holding.node])
        for holding, key in assignment.moves:
            yield self._create(holding.node, key, self._clients[holding.node], "relocate")
            yield from (self._let_go(machine) for machine in holding.entries)
        for node, key in assignment.adds:
            yield self._create(node, key, self._clients[node], "add")
        for holding in assignment.leaves:
            yield from (self._let_go(machine) for machine in holding.entries)

    def _write_staying(self, holding: Holding, clients: dict[str, str]) -> Iterator[PlannedMachine]:
        for machine in holding.entries:
            if machine is not holding.home:
                yield self._let_go(machine)
            elif holding.held:
                yield self._plan(machine.model_copy(update={"state": MachineState.HELD}), "keep")
            elif machine.compromised is not None:
                yield self._let_go(machine)
            else:
                state = MachineState.LOST if self._is_lost(machine) else MachineState.WANTED
                change: Change = "keep" if clients == machine.clients else "client"
                yield self._plan(machine.model_copy(update={"state": state, "clients": clients}), change)

    def _write_adopted(self, holding: Holding, adopted: Machine, clients: dict[str, str]) -> Iterator[PlannedMachine]:
        for machine in holding.entries:
            if machine is adopted:
                update = {"state": MachineState.WANTED, "clients": clients}
                yield self._plan(machine.model_copy(update=update), "relocate" if holding.standing else "add")
            else:
                yield self._let_go(machine)

    def _let_go(self, machine: Machine) -> PlannedMachine:
        return let_go(machine, self._situation)

    def _create(self, node: str, key: ColumnKey, clients: dict[str, str], change: Change) -> PlannedMachine:
        column: Column = self._situation.fresh[key]
        zone, offer = column.site.zone, column.offer
        machine = Machine(
            machine=f"{node}.{self._last_generation.get(node, 0) + 1}",
            node=node,
            group=self._group.name,
            chain=self._group.chain,
            network=self._group.network,
            account=column.site.account,
            provider=zone.provider,
            region=zone.region,
            zone=zone.zone,
            zone_id=zone.zone_id if zone.zone_id != zone.zone else None,
            machine_type=offer.machine_type,
            arch=offer.arch,
            image=column.image,
            host=column.host,
            volume_gib=offer.volume_gib or None,
            volume_type=offer.volume_type or None,
            volume_iops=self._group.machine.iops if offer.volume_gib else None,
            address="reserved" if self._group.address_kind == "reserved" else None,
            clients=clients,
        )
        return self._plan(machine, change)

    def _plan(self, machine: Machine, change: Change) -> PlannedMachine:
        site = self._situation.places[get_place_name(machine)].site
        return PlannedMachine(machine=machine, change=change, country=site.zone.country)

    def _is_lost(self, machine: Machine) -> bool:
        return self._situation.places[get_place_name(machine)].lost

    def _note(self, machine: str) -> None:
        node, _, generation = machine.rpartition(".")
        self._last_generation[node] = max(self._last_generation.get(node, 0), int(generation))


def compute_departed_groups(situation: Situation) -> Iterator[PlannedMachine]:
    """Machines of groups that the spec no longer has: let go like those of any node that is not wanted."""
    groups = {group.name for group in situation.fleet.groups}
    machines = situation.lock.machines if situation.lock else ()
    return (let_go(machine, situation) for machine in machines if machine.group not in groups)


def let_go(machine: Machine, situation: Situation) -> PlannedMachine:
    """A machine that is not wanted: lost while its domain is, else retiring until there is evidence.

    One that is compromised is on its way out although its domain is lost: nobody waits for it to come back.
    """
    place = situation.places[get_place_name(machine)]
    lost = place.lost and machine.compromised is None
    state = MachineState.LOST if lost else MachineState.RETIRING
    change: Change = "keep" if lost else "retire"
    return PlannedMachine(
        machine=machine.model_copy(update={"state": state}), change=change, country=place.site.zone.country
    )
