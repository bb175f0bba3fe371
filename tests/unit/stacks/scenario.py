"""Fleets that make a provider module declare all that it can: every kind of machine, scope and layout."""

from dataclasses import dataclass
from typing import Any

import pulumi

from orchestrator.model.client import ClientFacts, Port
from orchestrator.model.fleet import Access, Account
from orchestrator.model.lock import Machine, MachineState
from orchestrator.model.source import Source
from tests.unit.stacks.registration import stacks_on_path

with stacks_on_path():
    from declaration import Declaration
    from settings import Scope

SOURCE = Source("fleet.yaml", 1)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbNXI8eGXU3dCcH0aixas0jBINWoLKmy9+wTxucqN0v first@example"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPg1yeIVLZ0BcMfmCFYLB0PHuUGh0dHXDqnqUQU4c2TA second@example"
ACCESS = Access(ssh_keys=(KEY, OTHER_KEY), ssh_from=("198.51.100.7/24", "2001:db8::/64"))
PORTS = (
    Port(name="p2p", port=18444, open="world"),
    Port(name="rpc", port=18443, open="loopback"),
    Port(name="discovery", port=30303, protocol="udp", open="world"),
)


class AskingDeclaration(Declaration):
    """A declaration as in a preview, which asks the cloud something small before anything is begun."""

    @property
    def asks_first(self) -> bool:
        return True


@dataclass(frozen=True)
class Place:
    """Where a machine is, and as what."""

    region: str
    zone: str
    zone_id: str | None
    machine_type: str
    image: str
    volume_type: str


def make_client(name: str, role: str, signs: bool) -> ClientFacts:
    return ClientFacts(
        name=name, chain="c", role=role, signs=signs, version="1", ports={"regtest": PORTS}, source=SOURCE
    )


CLIENTS = {
    client.name: client for client in (make_client("node", "node", False), make_client("signer", "signer", True))
}


def make_machine(name: str, place: Place, **changes: Any) -> Machine:
    """A machine in that place; its name says node and generation."""
    node, _, _ = name.rpartition(".")
    given: dict[str, Any] = {
        "machine": name,
        "node": node,
        "group": node.rpartition("-")[0],
        "chain": "c",
        "network": "regtest",
        "account": "acme",
        "provider": "p",
        "region": place.region,
        "zone": place.zone,
        "zone_id": place.zone_id,
        "machine_type": place.machine_type,
        "arch": "x86_64",
        "image": place.image,
        "volume_gib": 100,
        "volume_type": place.volume_type,
        "clients": {"node": "node"},
    }
    return Machine(**(given | changes))


def make_machines(places: tuple[Place, ...], **signer: Any) -> tuple[Machine, ...]:
    """A node, one that moves to another place, one with another spread, and a signer with a reserved address."""
    first, second = places[0], places[-1]
    return (
        make_machine("btc-1.1", first),
        make_machine("btc-2.1", first, state=MachineState.RETIRING),
        make_machine("btc-2.2", second),
        make_machine("btc-101.1", first, clients={"node": "node"}),
        make_machine("val-1.1", first, clients={"signer": "signer"}, address="reserved", **signer),
    )


def make_declaration(
    account: Account, machines: tuple[Machine, ...], scope: Any = Scope.ALL, layout: Any = "accounts"
) -> Declaration:
    """A declaration of those machines, with a seed that is no secret of anybody's."""
    return AskingDeclaration(
        fleet="demo",
        layout=layout,
        account=account,
        machines=machines,
        access=ACCESS,
        clients=CLIENTS,
        scope=scope,
        host_key_seed=pulumi.Output.secret("00" * 32),
    )


def make_account(provider: str, **changes: Any) -> Account:
    """The account of all machines here."""
    return Account(name="acme", provider=provider, __source__=SOURCE, **changes)


def is_own(name: str, machines: tuple[Machine, ...]) -> bool:
    """Whether what is registered under that name is a machine's, the account's provider, or a call of a function."""
    of_machine = any(name == each.hostname or name.startswith(f"{each.hostname}-") for each in machines)
    return of_machine or name == "acme" or ":" in name
