"""What runs already -> the fleet that a spec would declare and the machines that its lock would hold: no node moves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count

from orchestrator.catalog.hosts import hosts_to_facts
from orchestrator.catalog.inventory import Inventory
from orchestrator.model.catalogue import Catalogue
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.fleet import Account, Group, MachineNeed
from orchestrator.model.host import EnrolledHost
from orchestrator.model.inventory import InventoryRow
from orchestrator.model.lock import ExistingPart, Machine
from orchestrator.model.site import CpuKind
from orchestrator.reconcile.adopted import DEFAULT_ARCH, Adopted, adopt_rows

CPU_ORDER: tuple[CpuKind, ...] = ("burstable", "shared", "dedicated")
HOSTS_FILE = "hosts.yaml"


@dataclass(frozen=True)
class AdoptedFleet:
    """What a spec and a lock are made from. `names` say which machine of the lock each row has become.

    `host_keys` are those of machines of clouds, by machine; of enrolled hosts the hosts file has them.
    """

    accounts: tuple[Account, ...]
    groups: tuple[Group, ...]
    machines: tuple[Machine, ...]
    names: Mapping[str, str]
    host_keys: Mapping[str, str]


def adopt(inventory: Inventory, catalogue: Catalogue) -> AdoptedFleet:
    """The fleet that an inventory lists. InvalidDocument with every row that lacks what a spec or lock must say."""
    adopted = adopt_rows(inventory, catalogue)
    problems = [*find_mixed_groups(adopted), *find_mixed_accounts(adopted), *find_shared_addresses(adopted)]
    if problems:
        raise InvalidDocument(problems)
    hosts_to_facts([each.host for each in adopted if each.host])  # says where hosts of a zone contradict one another
    nodes = name_nodes(adopted)
    machines = {each.row.name: build_machine(each, nodes[each.row.name]) for each in adopted}
    return AdoptedFleet(
        accounts=build_accounts(adopted),
        groups=build_groups(adopted),
        machines=tuple(machines.values()),
        names={name: machine.machine for name, machine in machines.items()},
        host_keys={
            machines[each.row.name].machine: each.row.host_key
            for each in adopted
            if each.host is None and each.row.host_key
        },
    )


def find_mixed_groups(adopted: Sequence[Adopted]) -> Iterator[OrchestratorError]:
    """Nodes that differ from the first of their group in what a group has but one of."""
    first: dict[str, Adopted] = {}
    for each in adopted:
        other = first.setdefault(each.group, each)
        for what, stated in describe_group(each).items():
            if stated != (expected := describe_group(other)[what]):
                message = f"{each.row.name}: {what} is {stated}, and {expected} for {other.row.name} of the same group"
                hint = "give nodes that differ groups of their own, in the column group"
                yield OrchestratorError(f"{message} {each.group}", hint=hint, source=each.source)


def describe_group(each: Adopted) -> dict[str, str]:
    """What all nodes of a group share, as people read it."""
    row = each.row
    return {
        "chain": str(row.chain),
        "network": str(row.network),
        "stake": f"{row.stake.normalize():f}",
        "arch": each.machine_type.arch,
        "the set of client roles": ", ".join(sorted(row.clients)),
    }


def find_mixed_accounts(adopted: Sequence[Adopted]) -> Iterator[OrchestratorError]:
    """Machines that differ from the first of their account in the provider."""
    first: dict[str, Adopted] = {}
    for each in adopted:
        other = first.setdefault(each.account, each)
        if each.provider != other.provider:
            message = (
                f"{each.row.name}: account {each.account} is {each.provider} here, and {other.provider} for "
                f"{other.row.name}"
            )
            hint = "an account has one provider; name another one in the column account"
            yield OrchestratorError(message, hint=hint, source=each.source)


def find_shared_addresses(adopted: Sequence[Adopted]) -> Iterator[OrchestratorError]:
    """Hosts at an address and port that another has: one machine would be counted twice."""
    seen: dict[tuple[str, int], Adopted] = {}
    for each in adopted:
        if each.host is not None:
            other = seen.setdefault((each.host.address.lower(), each.host.port), each)
            if other is not each:
                message = f"{each.row.name} has the address of {other.row.name}"
                yield OrchestratorError(message, hint="one machine is one row", source=each.source)


def build_accounts(adopted: Sequence[Adopted]) -> tuple[Account, ...]:
    """The accounts, by name: clouds with the regions in use, enrolled hosts with a file of their own."""
    members: dict[str, list[Adopted]] = {}
    for each in adopted:
        members.setdefault(each.account, []).append(each)
    enrolling = [name for name, found in members.items() if found[0].host]
    return tuple(
        Account.model_validate(
            {
                "name": name,
                "provider": found[0].provider,
                "regions": () if found[0].host else tuple(sorted({str(each.row.region) for each in found})),
                "hosts": tuple(each.host for each in found if each.host),
                "hosts_path": name_hosts_file(name, enrolling) if found[0].host else None,
                "__source__": found[0].source,
            }
        )
        for name, found in sorted(members.items())
    )


def name_hosts_file(account: str, enrolling: Sequence[str]) -> str:
    """The account's hosts file; its name is in the file's where several accounts enrol hosts."""
    return HOSTS_FILE if len(enrolling) == 1 else f"hosts-{account}.yaml"


def build_groups(adopted: Sequence[Adopted]) -> tuple[Group, ...]:
    """The groups, by name. Each needs of a machine what the least of its machines has, so that all of them do."""
    members: dict[str, list[Adopted]] = {}
    for each in adopted:
        members.setdefault(each.group, []).append(each)
    return tuple(build_group(name, found) for name, found in sorted(members.items()))


def build_group(name: str, members: Sequence[Adopted]) -> Group:
    """One group."""
    first, types = members[0], [each.machine_type for each in members]
    roles = sorted(first.row.clients)
    need = MachineNeed(
        vcpus=min(found.vcpus for found in types),
        memory=min(found.memory_gib for found in types),
        disk=Decimal(min(each.disk_gib for each in members)),
        cpu=min((found.cpu for found in types), key=CPU_ORDER.index),
        arch=None if types[0].arch == DEFAULT_ARCH else types[0].arch,
    )
    return Group.model_validate(
        {
            "name": name,
            "chain": first.row.chain,
            "network": first.row.network,
            "count": len(members),
            "clients": {role: tuple(sorted({each.row.clients[role] for each in members})) for role in roles},
            "machine": need,
            "stake": first.row.stake,
            "__source__": first.source,
        }
    )


def name_nodes(adopted: Sequence[Adopted]) -> Mapping[str, str]:
    """A node's name for each row: its own where it is <group>-<number> already, else the lowest number that is free."""
    own = {each.row.name: number for each in adopted if (number := read_number(each)) is not None}
    taken = {(each.group, own[each.row.name]) for each in adopted if each.row.name in own}
    names = {}
    for each in adopted:
        number = own.get(each.row.name)
        if number is None:
            number = next(free for free in count(1) if (each.group, free) not in taken)
            taken.add((each.group, number))
        names[each.row.name] = f"{each.group}-{number}"
    return names


def read_number(each: Adopted) -> int | None:
    """The number in a name that is a node's already: 3 of "btc-3" in the group btc."""
    digits = each.row.name.removeprefix(f"{each.group}-")
    usable = digits.isascii() and digits.isdigit() and not digits.startswith("0")
    return int(digits) if usable and digits != each.row.name else None


def build_machine(each: Adopted, node: str) -> Machine:
    """The machine as a line of the lock, the first that the fleet knows of its node."""
    row: InventoryRow = each.row
    return Machine(
        machine=f"{node}.1",
        node=node,
        group=each.group,
        chain=str(row.chain),
        network=str(row.network),
        account=each.account,
        provider=each.provider,
        region=str(row.region),
        zone=each.zone,
        zone_id=each.zone_id,
        machine_type=each.machine_type.name,
        arch=each.machine_type.arch,
        image=row.image,
        host=each.host.name if each.host else None,
        volume_gib=row.volume_gib,
        volume_type=each.volume_type,
        existing=None if each.host else list_existing(row),
        clients={role: row.clients[role] for role in sorted(row.clients)},
    )


def list_existing(row: InventoryRow) -> dict[ExistingPart, str]:
    """The provider's ids of what there is, as far as the row says them."""
    parts: dict[ExistingPart, str | None] = {"machine": row.id, "volume": row.volume_id}
    return {part: name for part, name in parts.items() if name is not None}


def list_hosts(accounts: Sequence[Account]) -> Mapping[str, tuple[EnrolledHost, ...]]:
    """The hosts to write, by file."""
    return {account.hosts_file: account.hosts for account in accounts if account.hosts_file}
