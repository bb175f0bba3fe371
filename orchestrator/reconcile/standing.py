"""Who stands where, as the policy sees it: from a lock or from an inventory, for the reviews that serve both."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from orchestrator.model.domain import CLIENT_KIND, get_domain
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.failure_domain import DOMAIN_KINDS
from orchestrator.model.fleet import Fleet, Group, MachineNeed
from orchestrator.model.inventory import StandingNode
from orchestrator.model.lock import CARRYING_STATES, Lock
from orchestrator.model.rule import Below, Cap, Rule
from orchestrator.placement.candidates import Situation
from orchestrator.placement.places import get_place_name
from orchestrator.policy.candidates import Candidates, Cell, ClientCell
from orchestrator.policy.measures import Counts


@dataclass(frozen=True)
class Crowd:
    """Nodes of one cell that run the same: all that is counted of a fleet is counted by crowds, not node by node.

    `node` is one of them, `positions` where they all are in the standing's order.
    """

    node: StandingNode
    cell: Cell
    positions: tuple[int, ...]

    @property
    def number(self) -> int:
        """How many nodes they are."""
        return len(self.positions)

    @property
    def chain(self) -> str:
        """Their chain."""
        return self.node.chain

    @property
    def group(self) -> str:
        """Their group."""
        return self.node.group


@dataclass(frozen=True)
class Standing:
    """The nodes, each with its cell, and what rules are compiled with: the groups, and where nodes may stand."""

    fleet: Fleet
    nodes: tuple[StandingNode, ...]
    cells: tuple[Cell, ...]
    candidates: Candidates

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of domain: those of places, then one for each client role that a node has."""
        roles = sorted({role for crowd in self.crowds for role in crowd.node.clients})
        return (*DOMAIN_KINDS, *(f"{CLIENT_KIND}{role}" for role in roles))

    @cached_property
    def crowds(self) -> tuple[Crowd, ...]:
        """The nodes by what tells them apart, in the order of the first of each."""
        found: dict[tuple[Cell, tuple[tuple[str, str], ...]], list[int]] = {}
        for position, (node, cell) in enumerate(zip(self.nodes, self.cells, strict=True)):
            found.setdefault((cell, tuple(node.clients.items())), []).append(position)
        return tuple(Crowd(self.nodes[each[0]], cell, tuple(each)) for (cell, _), each in found.items())

    def count(self, lost: Collection[int] = ()) -> Mapping[Cell, int]:
        """Nodes by cell, but for the crowds that are `lost` (their positions among all crowds)."""
        counts: Counter[Cell] = Counter()
        for position, crowd in enumerate(self.crowds):
            if position not in lost:
                counts[crowd.cell] += crowd.number
        return counts

    def count_nodes(self, lost: Collection[int] = ()) -> Counts:
        """Nodes by cell and by client, but for the crowds that are lost: all that bounds are held against."""
        clients: Counter[ClientCell] = Counter()
        for position, crowd in enumerate(self.crowds):
            if position not in lost:
                for item in crowd.node.clients.items():
                    clients[ClientCell(crowd.group, *item)] += crowd.number
        return dict([*self.count(lost).items(), *clients.items()])

    def get_domain(self, node: StandingNode, kind: str) -> str | None:
        """The domain of `kind` that a node is in; None where it is not known."""
        return get_domain(kind, node.place, node.clients)


def compute_lock_standing(situation: Situation, lock: Lock) -> Standing:
    """The nodes of a lock that a machine carries, where the fleet's rules and catalogue let nodes stand."""
    fleet = situation.fleet
    groups = {group.name: group for group in fleet.groups}
    carrying = [machine for machine in lock.machines if machine.state in CARRYING_STATES and machine.group in groups]
    cells = tuple(Cell(machine.group, get_place_name(machine)) for machine in carrying)
    nodes = tuple(
        StandingNode(
            node=machine.node,
            group=machine.group,
            chain=machine.chain,
            network=machine.network,
            place=situation.places[cell.place].site,
            source=groups[machine.group].source,
            clients=machine.clients,
            stake=groups[machine.group].stake,
            vcpus=groups[machine.group].machine.vcpus,
        )
        for machine, cell in zip(carrying, cells, strict=True)
    )
    candidates = replace(situation.candidates, pinned=frozenset(cells))
    return Standing(fleet, nodes, cells, candidates)


def compute_inventory_standing(name: str, nodes: Sequence[StandingNode], policy: Sequence[Rule], path: str) -> Standing:
    """The nodes of an inventory under a policy: the domains that rules see are those in use.

    `path` is where the rules are written. InvalidDocument where nodes of a group differ in what the rules weigh.
    """
    groups = tuple(_build_group(group, members, policy) for group, members in _split(nodes).items())
    fleet = Fleet.model_validate(
        {"fleet": name, "accounts": (), "groups": groups, "policy": tuple(policy), "digest": "", "path": path}
    )
    cells = tuple(Cell(node.group, node.node) for node in nodes)
    places = {node.node: node.place for node in nodes}
    return Standing(fleet, tuple(nodes), cells, Candidates(places, tuple(sorted(cells)), frozenset(cells)))


def _split(nodes: Sequence[StandingNode]) -> Mapping[str, list[StandingNode]]:
    groups: dict[str, list[StandingNode]] = {}
    for node in nodes:
        groups.setdefault(node.group, []).append(node)
    return {name: groups[name] for name in sorted(groups)}


def _build_group(name: str, members: Sequence[StandingNode], policy: Sequence[Rule]) -> Group:
    """A group as rules see it; its machine's need is filled in with no more than its weight."""
    first = members[0]
    for node in members[1:]:
        for what in ("chain", "network", "stake"):
            stated, other = getattr(node, what), getattr(first, what)
            if stated != other:
                message = f"{node.node}: {what} is {stated}, and {other} for {first.node} of the same group {name}"
                hint = "give nodes that differ groups of their own, in the column group"
                raise InvalidDocument([OrchestratorError(message, hint=hint, source=node.source)])
    vcpus = _find_vcpus(name, members, policy)
    roles = sorted({role for node in members for role in node.clients}) or ["node"]
    clients = {role: tuple(sorted({node.clients[role] for node in members if role in node.clients})) for role in roles}
    return Group.model_validate(
        {
            "name": name,
            "chain": first.chain,
            "network": first.network,
            "count": len(members),
            "clients": clients,
            "machine": MachineNeed(vcpus=vcpus, memory=Decimal(1), disk=Decimal(1)),
            "stake": first.stake,
            "__source__": first.source,
        }
    )


def _find_vcpus(name: str, members: Sequence[StandingNode], policy: Sequence[Rule]) -> int:
    """What a node weighs where a rule counts vCPUs: that must be one known number; else it does not matter."""
    stated = {node.vcpus for node in members}
    known = stated.pop() if len(stated) == 1 else None
    weighing = next((rule for rule in policy if isinstance(rule, Cap | Below) and rule.by == "vcpus"), None)
    if known is None and weighing is not None:
        message = f"{weighing.title} counts vCPUs, and nodes of {name} have no number of them, or several"
        raise InvalidDocument(
            [OrchestratorError(message, hint="fill in the column vcpus, or count nodes", source=weighing.source)]
        )
    return known or 1
