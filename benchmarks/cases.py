"""The fleets that placement is measured on: synthetic, the same in every run, from 100 to 1,000,000 nodes."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import TypeAdapter

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.fleet import Account, Fleet, Group, MachineNeed
from orchestrator.model.loss import Loss
from orchestrator.model.rule import Rule
from orchestrator.model.site import MachineType, Zone

GROUPS, PROVIDERS, COUNTRIES, VCPUS = 50, 10, 20, (2, 4, 8)
SOURCE = {"file": "bench.yaml", "line": 1}
LOST = (Loss(kind="provider", value="p0"),)

Shape = Literal["loose", "tight", "small", "tied", "survive", "clients"]


@dataclass(frozen=True)
class Case:
    """One fleet: `nodes` in at most 50 groups over `sites`.

    loose: caps leave room for choice. tight: caps and the sites' capacities leave little. small: groups of three to
    seven nodes, where whole numbers matter. tied: all sites of a provider cost the same. survive: any two zones may be
    lost. clients: three clients for each node, none of which may run more than 40% of a group.
    """

    nodes: int
    sites: int = 200
    shape: Shape = "loose"

    @property
    def name(self) -> str:
        """Such as loose-10000x200."""
        return f"{self.shape}-{self.nodes}x{self.sites}"

    @property
    def providers(self) -> int:
        """How many providers the sites belong to."""
        return min(PROVIDERS, self.sites)

    @property
    def countries(self) -> int:
        """How many countries the sites are in."""
        return min(COUNTRIES, self.sites)

    def make_fleet(self) -> Fleet:
        """The fleet's groups, accounts and rules."""
        rules = [{**rule, "__source__": {**SOURCE, "line": line}} for line, rule in enumerate(self._list_rules(), 1)]
        return Fleet.model_validate(
            {
                "fleet": "bench",
                "accounts": tuple(_make_account(number) for number in range(self.providers)),
                "groups": tuple(self._make_group(number, count) for number, count in enumerate(self._list_counts())),
                "policy": TypeAdapter(tuple[Rule, ...]).validate_python(rules),
                "digest": "sha256:0",
                "path": "bench.yaml",
            }
        )

    def make_catalogue(self) -> Catalogue:
        """The sites, and three machine types in each."""
        zones, types = [], []
        # A tight fleet fills its sites to four fifths, and to nine tenths after the loss of a provider.
        capacity = -(-self.nodes * 5 // (self.sites * 4)) + 1 if self.shape == "tight" else None
        for number in range(self.sites):
            provider, region = f"p{number % self.providers}", f"r{number:03}"
            country = f"c{(number * 7 + number // self.providers) % self.countries}"
            zone_id = f"z{number:03}"
            zones.append(
                Zone(provider=provider, region=region, zone="z", zone_id=zone_id, country=country, capacity=capacity)
            )
            types += [self._make_type(number, provider, region, vcpus) for vcpus in VCPUS]
        return Catalogue(zones=tuple(zones), machine_types=tuple(types), storage_prices=(), images=())

    def _list_counts(self) -> list[int]:
        """Nodes by group, sizes from small to large."""
        groups = min(GROUPS, max(1, self.nodes // (5 if self.shape == "small" else 20)))
        if self.shape == "small":
            return [3 + number % 5 for number in range(groups)]
        shares = [GROUPS + number for number in range(groups)]
        counts = [max(1, self.nodes * share // sum(shares)) for share in shares]
        counts[-1] += self.nodes - sum(counts)
        return counts

    def _list_rules(self) -> Iterator[dict[str, object]]:
        if self.shape == "tight":
            yield {"cap": f"{130 // self.providers}%", "per": "provider", "of": "fleet"}
            yield {"cap": f"{150 // self.countries}%", "per": "country", "of": "fleet"}
            yield {"cap": "30%", "per": "provider"}
            yield {"cap": "20%", "per": "country"}
        else:
            yield {"cap": "40%", "per": "provider"}
            yield {"cap": "20%", "per": "provider", "of": "fleet"}
            yield {"cap": "30%", "per": "country", "of": "fleet"}
            yield {"below": "50%", "per": "country"}
        yield {"min_domains": 3, "per": "country"}
        if self.shape == "survive":
            yield {"survive": 2, "per": "zone", "keep": "67%"}
        if self.shape == "clients":
            yield {"cap": "40%", "per": "client.node"}

    def _make_group(self, number: int, count: int) -> Group:
        """A group; every third needs the same cores."""
        clients = ("btcd", "bitcoin-core", "libbitcoin") if self.shape == "clients" else ("btcd",)
        need = MachineNeed(vcpus=2 + number % 3, memory=Decimal(4), disk=Decimal(100))
        fields = {"name": f"g{number:02}", "chain": "bitcoin", "network": "mainnet", "count": count}
        return Group.model_validate({**fields, "clients": {"node": clients}, "machine": need, "__source__": SOURCE})

    def _make_type(self, number: int, provider: str, region: str, vcpus: int) -> MachineType:
        """A machine type at a price like no other's, but for tied prices."""
        seed = number % self.providers if self.shape == "tied" else number
        return MachineType(
            provider=provider,
            region=region,
            name=f"m{vcpus}",
            vcpus=vcpus,
            cpu="dedicated",
            memory_gib=Decimal(16),
            local_disk_gib=500,
            usd_per_month=Decimal(vcpus * 1000 + (seed * 7919 + vcpus * 104729) % 997) / 100,
        )


def _make_account(number: int) -> Account:
    """An account with a provider of its own."""
    return Account.model_validate({"name": f"p{number}", "provider": f"p{number}", "__source__": SOURCE})


CASES = (
    *(Case(nodes) for nodes in (100, 1_000, 10_000, 100_000, 1_000_000)),
    *(Case(10_000, sites) for sites in (10, 50)),
    *(Case(nodes, shape="tight") for nodes in (1_000, 10_000, 100_000, 1_000_000)),
    Case(10_000, 50, "tight"),
    Case(250, 50, "small"),
    Case(250, shape="small"),
    Case(10_000, shape="tied"),
    *(Case(nodes, shape="survive") for nodes in (10_000, 1_000_000)),
    *(Case(nodes, shape="clients") for nodes in (10_000, 1_000_000)),
)
