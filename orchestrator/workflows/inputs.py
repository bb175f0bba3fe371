"""What every command starts from: spec, catalogue, client catalogue and lock, read once and held against each other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from orchestrator.adapters.sync_records import SYNCS_NAME, read_sync_records
from orchestrator.catalog.aliases import find_provider
from orchestrator.catalog.catalogue import load_catalogue, read_regions
from orchestrator.catalog.clients import load_clients, mark_production
from orchestrator.catalog.digest import compute_facts_digest
from orchestrator.catalog.hosts import hosts_to_facts
from orchestrator.catalog.measured import apply_measured
from orchestrator.documents.known_keys import suggest
from orchestrator.folders import find_asset
from orchestrator.lockfile import read_lock
from orchestrator.model.catalogue import Catalogue
from orchestrator.model.client import ClientFacts
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.fleet import Account, Fleet, Group
from orchestrator.model.lock import Lock
from orchestrator.model.source import Source
from orchestrator.placement.candidates import Situation, compute_lock_situation
from orchestrator.placement.offers import DEFAULT_ARCH
from orchestrator.spec import load_fleet
from orchestrator.spec.load import ENROLLED

LOCK_NAME = "fleet.lock"


@dataclass(frozen=True)
class Where:
    """The files that a command was told to work on; `lock` None is fleet.lock beside the spec."""

    spec: Path
    lock: Path | None = None
    catalog: Path | None = None
    catalog_only: Path | None = None

    @property
    def lock_path(self) -> Path:
        """Where the lock is, or will be."""
        return self.lock or self.spec.with_name(LOCK_NAME)


@dataclass(frozen=True)
class Inputs:
    """Everything that placement and review depend on. `signing_groups` run a client whose role signs."""

    where: Where
    fleet: Fleet
    catalogue: Catalogue
    clients: Mapping[str, ClientFacts]
    lock: Lock | None

    @property
    def signing_groups(self) -> frozenset[str]:
        """The groups whose nodes must never run twice."""
        return frozenset(group.name for group in self.fleet.groups if self._signs(group))

    @property
    def facts_digest(self) -> str:
        """The digest of the facts that placement depends on."""
        return compute_facts_digest(self.catalogue)

    @cached_property
    def situation(self) -> Situation:
        """Where the lock's nodes stand, and where they could, under the losses it was made under; worked out once."""
        return compute_lock_situation(self.fleet, self.require_lock(), self.catalogue)

    def require_lock(self) -> Lock:
        """The lock; InvalidDocument where there is none."""
        if self.lock is None:
            source = Source.at(self.where.lock_path)
            raise InvalidDocument([OrchestratorError("there is no lock", hint="run orchestrator place", source=source)])
        return self.lock

    def _signs(self, group: Group) -> bool:
        names = (name for choices in group.clients.values() for name in choices)
        return any(name in self.clients and self.clients[name].signs for name in names)


def read_inputs(where: Where, known_clients: Mapping[str, ClientFacts] | None = None) -> Inputs:
    """Reads all; InvalidDocument with every problem of the first file that has one.

    `known_clients` are the client catalogue where it was read before.
    """
    fleet = load_fleet(where.spec)
    fleet = fleet.model_copy(update={"accounts": tuple(name_provider(account) for account in fleet.accounts)})
    wanted = [(account.provider, account.regions) for account in fleet.accounts if account.provider != ENROLLED]
    catalogue = load_catalogue(where.catalog, where.catalog_only, wanted)
    clients = known_clients or read_clients(where)
    unknown = find_unknown_places(fleet, catalogue, lambda: read_regions(where.catalog, where.catalog_only))
    problems = [*unknown, *find_unknown_clients(fleet, clients), *find_unknown_pins(fleet, clients)]
    problems += find_idle_standby(fleet, clients)
    if problems:
        raise InvalidDocument(problems)
    fleet = fleet.model_copy(update={"groups": tuple(drop_signers(group, clients) for group in fleet.groups)})
    fleet = mark_production(fleet, clients)
    return Inputs(where, fleet, add_hosts(catalogue, fleet), clients, read_lock(where.lock_path))


def read_clients(where: Where) -> Mapping[str, ClientFacts]:
    """The client catalogue, with what the fleet's own machines took to be in sync."""
    records = read_sync_records(where.spec.with_name(SYNCS_NAME))
    return apply_measured(load_clients(find_clients()), records.values())


def find_clients() -> Path:
    """The folder of the client catalogue."""
    return find_asset("ansible") / "clients"


def name_provider(account: Account) -> Account:
    """The account with its provider's own name in place of an alias."""
    return account.model_copy(update={"provider": find_provider(account.provider)})


def add_hosts(catalogue: Catalogue, fleet: Fleet) -> Catalogue:
    """The catalogue with the enrolled hosts of all accounts as zones and machine types."""
    zones, machine_types = hosts_to_facts(tuple(host for account in fleet.accounts for host in account.hosts))
    return catalogue.model_copy(
        update={"zones": (*catalogue.zones, *zones), "machine_types": (*catalogue.machine_types, *machine_types)}
    )


def find_unknown_places(
    fleet: Fleet, catalogue: Catalogue, read_all: Callable[[], Mapping[str, tuple[str, ...]]]
) -> Iterator[OrchestratorError]:
    """Providers and regions that no catalogue row speaks of.

    `catalogue` holds what the fleet names alone; `read_all`, every region by provider, is asked where that is short.
    """
    known = {(zone.provider, zone.region) for zone in catalogue.zones}
    providers = {provider for provider, _ in known}
    for account in fleet.accounts:
        missing = [region for region in account.regions if (account.provider, region) not in known]
        if account.provider == ENROLLED or (account.provider in providers and not missing):
            continue
        everything = read_all()
        if account.provider not in everything:
            hint = suggest(account.provider, [*everything, ENROLLED]) or "see docs/catalogue.md for one of your own"
            message = f"the catalogue has no provider {account.provider} (account {account.name})"
            yield OrchestratorError(message, hint=hint, source=account.source)
            continue
        for region in missing:
            message = f"{account.provider} has no region {region} in the catalogue (account {account.name})"
            hint = suggest(region, everything[account.provider])
            yield OrchestratorError(message, hint=hint, source=account.region_sources.get(region, account.source))


def find_unknown_clients(fleet: Fleet, clients: Mapping[str, ClientFacts]) -> Iterator[OrchestratorError]:
    """Clients that the client catalogue lacks, or that serve another chain, role or network."""
    for group in fleet.groups:
        if group.standby_of is not None:  # its clients are those of the group that it stands by for
            continue
        for role, choices in group.clients.items():
            for name in choices:
                problem = describe_misfit(group, role, name, clients)
                if problem:
                    yield OrchestratorError(f"groups.{group.name}: {problem[0]}", hint=problem[1], source=group.source)
            arch, known = get_arch(group), [clients[name] for name in choices if name in clients]
            if known and not any(client.is_built_for(arch, fleet.artifacts.get(client.name)) for client in known):
                message = f"groups.{group.name}: no {role} of {', '.join(choices)} is to be had for {arch} machines"
                yield OrchestratorError(message, hint="offer another client, or change arch", source=group.source)
        if group.combinations and not any(
            _is_to_be_had(choice, group, fleet, clients) for choice in group.combinations
        ):
            message = f"groups.{group.name}: none of its combinations is to be had for {get_arch(group)} machines"
            yield OrchestratorError(message, hint="name another combination, or change arch", source=group.source)


def get_arch(group: Group) -> str:
    """The architecture of a group's machines."""
    return group.machine.arch or DEFAULT_ARCH


def _is_to_be_had(choice: Mapping[str, str], group: Group, fleet: Fleet, clients: Mapping[str, ClientFacts]) -> bool:
    """Whether all clients of a combination are, as far as they are known, for the architecture of the group."""
    known = (clients[name] for name in choice.values() if name in clients)
    return all(client.is_built_for(get_arch(group), fleet.artifacts.get(client.name)) for client in known)


def drop_signers(group: Group, clients: Mapping[str, ClientFacts]) -> Group:
    """The group; one of standby nodes without the roles that sign."""
    if group.standby_of is None:
        return group
    roles = {
        role: choices
        for role, choices in group.clients.items()
        if not any(clients[name].signs for name in choices if name in clients)
    }
    kept = ({role: name for role, name in choice.items() if role in roles} for choice in group.combinations)
    combinations = tuple({tuple(sorted(choice.items())): choice for choice in kept if len(choice) > 1}.values())
    return group.model_copy(update={"clients": roles, "combinations": combinations})


def find_idle_standby(fleet: Fleet, clients: Mapping[str, ClientFacts]) -> Iterator[OrchestratorError]:
    """Standby nodes that would run nothing, since every role of their group signs."""
    for group in fleet.groups:
        if not drop_signers(group, clients).clients:
            message = f"groups.{group.standby_of}: every role signs, so its standby nodes would run nothing"
            yield OrchestratorError(message, hint="remove standby", source=group.source)


def find_unknown_pins(fleet: Fleet, clients: Mapping[str, ClientFacts]) -> Iterator[OrchestratorError]:
    """Pins of artifacts of a client that there is not."""
    for name, pin in fleet.artifacts.items():
        if name not in clients:
            yield OrchestratorError(f"no client {name} is known", hint=suggest(name, clients), source=pin.source)


def describe_misfit(group: Group, role: str, name: str, clients: Mapping[str, ClientFacts]) -> tuple[str, str] | None:
    """What is wrong with a client in a role of a group, and what to do; None where it fits."""
    if name not in clients:
        return f"no client {name} is known", suggest(name, clients)
    client = clients[name]
    fitting = sorted(c.name for c in clients.values() if (c.chain, c.role) == (group.chain, role))
    if (client.chain, client.role) != (group.chain, role):
        return f"{name} is a {client.chain} {client.role}, not a {group.chain} {role}", suggest(name, fitting)
    if group.network not in client.ports:
        return f"{name} does not know the network {group.network}", suggest(group.network, client.ports)
    return None
