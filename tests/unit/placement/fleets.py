"""Small fleets and catalogues built by hand, for tests of policy, placement and reconcile."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.fleet import Account, Fleet, Group, MachineNeed
from orchestrator.model.lock import Lock, LockHeader
from orchestrator.model.plan import Plan
from orchestrator.model.rule import Rule
from orchestrator.model.site import MachineType, StoragePrice, Zone
from orchestrator.placement.to_lock import compute_lock_entries

PATH = "fleet.yaml"
RULE: TypeAdapter[Rule] = TypeAdapter(Rule)


def at(line: int) -> dict[str, Any]:
    return {"file": PATH, "line": line, "column": 1}


def make_rule(line: int, **fields: Any) -> Rule:
    return RULE.validate_python({**fields, "__source__": at(line)})


def make_account(name: str, provider: str | None = None, **fields: Any) -> Account:
    return Account.model_validate({"name": name, "provider": provider or name, "__source__": at(2), **fields})


def make_group(name: str = "btc", count: int = 12, **fields: Any) -> Group:
    need = MachineNeed(vcpus=2, memory=Decimal(4), disk=Decimal(10))
    given = {"chain": "bitcoin", "network": "regtest", "clients": {"node": ("btcd",)}, "machine": need, **fields}
    return Group.model_validate({"name": name, "count": count, "__source__": at(10), **given})


def make_fleet(
    accounts: Sequence[Account], groups: Sequence[Group], policy: Sequence[Rule] = (), digest: str = "sha256:0"
) -> Fleet:
    return Fleet.model_validate(
        {
            "fleet": "test",
            "accounts": tuple(accounts),
            "groups": tuple(groups),
            "policy": tuple(policy),
            "digest": digest,
            "path": PATH,
        }
    )


def make_zone(provider: str, region: str = "r1", zone: str = "z1", **fields: Any) -> Zone:
    return Zone(provider=provider, region=region, zone=zone, **fields)


def make_type(
    provider: str, region: str = "r1", name: str = "m", price: str | None = "10", **fields: Any
) -> MachineType:
    facts: dict[str, Any] = {"vcpus": 2, "cpu": "dedicated", "memory_gib": Decimal(4), "local_disk_gib": 100, **fields}
    usd = None if price is None else Decimal(price)
    return MachineType(provider=provider, region=region, name=name, usd_per_month=usd, **facts)


def make_catalogue(
    zones: Sequence[Zone], types: Sequence[MachineType], storage: Sequence[StoragePrice] = ()
) -> Catalogue:
    return Catalogue(zones=tuple(zones), machine_types=tuple(types), storage_prices=tuple(storage), images=())


def make_flat_catalogue(prices: Mapping[str, str | None]) -> Catalogue:
    """One zone and one machine type a provider, at the price given."""
    zones = [make_zone(provider, country=provider.upper()) for provider in prices]
    return make_catalogue(zones, [make_type(provider, price=price) for provider, price in prices.items()])


def make_lock(plan: Plan, spec: str = "sha256:0") -> Lock:
    machines, retired = compute_lock_entries(plan)
    header = LockHeader(fleet="test", revision="r", spec=spec, facts="f")
    return Lock(header=header, machines=machines, retired=retired)
