"""What every provider module is given, and the one thing that it must be able to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pulumi
from host_keys import derive_host_key, render_public_key
from recovery import is_recovery_asked
from settings import Scope, Settings
from survey import Area, Search
from user_data import render_user_data

from orchestrator.catalog.aliases import find_provider
from orchestrator.catalog.clients import load_clients
from orchestrator.folders import find_asset
from orchestrator.lockfile import read_lock
from orchestrator.model.client import ClientFacts, Port
from orchestrator.model.errors import OrchestratorError
from orchestrator.model.fleet import Access, Account, Fleet, StackLayout
from orchestrator.model.host import EnrolledHost
from orchestrator.model.lock import Lock, Machine, MachineState
from orchestrator.model.loss import Loss
from orchestrator.spec import load_fleet

MachineOutputs = dict[str, pulumi.Input[Any]]

MANAGED_BY = "node-orchestrator"


@dataclass(frozen=True)
class Declaration:
    """One account, and the machines that it is to have."""

    fleet: str
    layout: StackLayout
    account: Account
    machines: tuple[Machine, ...]
    access: Access | None
    clients: Mapping[str, ClientFacts]
    scope: Scope
    host_key_seed: pulumi.Output[str]
    lost: bool = False
    provider: pulumi.ProviderResource | None = None
    transforms: tuple[pulumi.ResourceTransform, ...] = ()

    @property
    def asks_first(self) -> bool:
        """Whether to ask the cloud something small before anything is begun: previews would not notice a wrong token.

        An account that was declared lost, or whose API was, is not asked: its machines are declared all the same. It is
        when its state is to be recovered, since silence would be taken for absence.
        """
        return pulumi.runtime.is_dry_run() and (not self.lost or is_recovery_asked())

    def name_shared(self, name: str) -> str:
        """The name of a resource that machines share: with the account's where one stack has several accounts."""
        return name if self.layout == "accounts" else f"{self.account.name}-{name}"

    def build_options(self, **options: Any) -> pulumi.ResourceOptions:
        """Resource options with the account's own provider, and so with its credentials."""
        return pulumi.ResourceOptions(provider=self.provider, transforms=list(self.transforms) or None, **options)

    @property
    def area(self) -> Area:
        """Where resources of this declaration may be."""
        used = {machine.region for machine in self.machines}
        return Area(self.fleet, self.account.name, tuple(sorted(used.union(self.account.regions))))

    def list_shared_labels(self) -> dict[str, str]:
        """How people and `recover` find what belongs to the fleet."""
        return {"fleet": self.fleet, "managed-by": MANAGED_BY}

    def list_labels(self, machine: Machine) -> dict[str, str]:
        """The same, for what belongs to one machine."""
        own = {"group": machine.group, "node": machine.node, "machine": machine.machine}
        return self.list_shared_labels() | own

    def build_user_data(self, machine: Machine) -> pulumi.Output[str]:
        """What the machine is told at its first boot; secret, since its single-use host key is in it."""
        keys = self.require_access().ssh_keys
        return self.host_key_seed.apply(lambda seed: render_user_data(seed, machine.machine, machine.hostname, keys))

    def build_outputs(
        self, machine: Machine, address: pulumi.Input[str], volume_device: pulumi.Input[str] | None
    ) -> MachineOutputs:
        """What the controller needs to reach a machine of a cloud, and to find its data volume there."""
        return {
            "address": address,
            "port": 22,
            "user": "root",
            "host_key": pulumi.Output.unsecret(
                self.host_key_seed.apply(lambda seed: render_public_key(derive_host_key(seed, machine.machine)))
            ),
            "single_use_host_key": True,
            "volume_device": volume_device,
        }

    def is_signing(self, machine: Machine) -> bool:
        """Whether any client of the machine signs: a second one with its keys would be punished by the chain."""
        return any(self.clients[name].signs for name in machine.clients.values())

    def is_machine_protected(self, machine: Machine) -> bool:
        """Whether nothing may delete the machine: all but those whose replacement is on the way."""
        return self.scope.protects_machines and machine.state is not MachineState.RETIRING

    def is_data_protected(self, machine: Machine) -> bool:
        """Whether nothing may delete the machine's data volume."""
        return self.scope.protects_data and machine.state is not MachineState.RETIRING

    def list_open_ports(self, group: str) -> tuple[Port, ...]:
        """The ports that the group's clients open to the world, sorted."""
        ports = {
            port
            for machine in self.machines
            if machine.group == group
            for client in machine.clients.values()
            for port in self.clients[client].ports.get(machine.network, ())
            if port.open == "world"
        }
        return tuple(sorted(ports, key=lambda port: (port.protocol, port.port)))

    def require_access(self) -> Access:
        """Who may log in; RunError where the spec does not say, since a machine nobody can reach is of no use."""
        if self.access is None:
            raise pulumi.RunError("the spec has no access section: add access: {ssh_keys: [...], ssh_from: [...]}")
        return self.access


def get_spread(machine: Machine, nodes: int) -> str:
    """The placement group that keeps a machine apart from others; decided by its node, so that it never changes.

    A group holds `nodes` nodes, with room for both machines of each while it moves.
    """
    number = int(machine.node.rpartition("-")[2])
    return f"{machine.group}-{machine.region}-{(number - 1) // nodes + 1}"


class ProviderModule(Protocol):
    """A module of this folder, one a provider. `SEARCH` says how what an interrupted run made is found again."""

    SEARCH: Search

    def make_provider(self, account: Account, namespace: str | None) -> pulumi.ProviderResource | None:
        """The account's provider, named like it; None where it needs none.

        Credentials come from the stack configuration under `namespace`, or under the provider's own where that is None
        (aws:profile), or from where the provider's SDK looks by itself.
        """
        ...

    def declare(self, declaration: Declaration) -> dict[str, MachineOutputs]:
        """Declares the account's resources; outputs by machine id, each with at least address and host key."""
        ...


@dataclass(frozen=True)
class Plan:
    """What the stacks are made from: the spec, its lock, the clients."""

    fleet: Fleet
    lock: Lock
    clients: Mapping[str, ClientFacts]


def read_plan(settings: Settings) -> Plan:
    """Spec, lock and clients; RunError with the reader's own words where one cannot be used."""
    try:
        fleet = load_fleet(settings.spec)
        lock = read_lock(settings.lock)
        clients = load_clients(find_asset("ansible") / "clients")
    except OrchestratorError as error:
        raise pulumi.RunError(str(error)) from None
    if lock is None:
        raise pulumi.RunError(f"{settings.lock} does not exist: run orchestrator place")
    return Plan(fleet, lock, clients)


def list_accounts(plan: Plan, stack: str) -> tuple[Account, ...]:
    """The accounts that the stack declares; RunError where the fleet has no such stack.

    A terminated account that was given up has nothing: its cloud would be asked for a network if it were declared.
    """
    if stack not in plan.fleet.list_stacks():
        known = ", ".join(plan.fleet.list_stacks())
        raise pulumi.RunError(f"the fleet has no stack {stack}: with layout {plan.fleet.layout} there are {known}")
    ended = plan.lock.header.terminated or ()
    given_up = {name for name in ended if not plan.lock.get_machines(name)}
    own = (account for account in plan.fleet.accounts if plan.fleet.get_stack(account.name) == stack)
    return tuple(account for account in own if account.name not in given_up)


def build_declaration(plan: Plan, account: Account, settings: Settings) -> Declaration:
    """The declaration for one account."""
    access = Access(**settings.access["access"]) if "access" in settings.access else plan.fleet.access
    return Declaration(
        fleet=plan.fleet.name,
        layout=plan.fleet.layout,
        account=resolve_account(account, settings.access.get("hosts", {}).get(account.name, {})),
        machines=plan.lock.get_machines(account.name),
        access=access,
        clients=plan.clients,
        scope=settings.scope,
        host_key_seed=settings.host_key_seed,
        lost=is_lost(account, (*plan.lock.header.losses, *plan.lock.header.closures.api_down)),
    )


def is_lost(account: Account, losses: Iterable[Loss]) -> bool:
    """Whether the account as a whole is in one of the domains, by itself or with its provider."""
    provider = find_provider(account.provider)
    whole = {("account", account.name), ("provider", provider), ("operator", provider)}
    return any((loss.kind, loss.value) in whole for loss in losses)


def resolve_account(account: Account, overrides: Mapping[str, Mapping[str, Any]]) -> Account:
    """The account with its provider's own name, and its enrolled hosts reached as the overrides say."""
    hosts = tuple(override_host(host, overrides.get(host.name, {})) for host in account.hosts)
    return account.model_copy(update={"hosts": hosts, "provider": find_provider(account.provider)})


def override_host(host: EnrolledHost, override: Mapping[str, Any]) -> EnrolledHost:
    """One host, reached as the override says."""
    return host.model_copy(update=dict(override))
