"""Random fleets of middle size: too large for trying everything, small enough for another exact solver."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from random import Random
from typing import Any

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.fleet import Fleet, Group, MachineNeed
from orchestrator.model.rule import Rule
from orchestrator.model.site import MachineType, Zone
from tests.unit.placement.fleets import (
    make_account,
    make_catalogue,
    make_fleet,
    make_group,
    make_rule,
    make_type,
    make_zone,
)

EXECUTION, CONSENSUS = ("geth", "besu", "reth", "erigon"), ("lighthouse", "teku", "prysm")
KINDS = ("account", "provider", "region", "zone", "country")
MOST_GROUPS, MOST_RULES = 12, 5


@dataclass(frozen=True)
class Middle:
    """A fleet, and the sites that it may use."""

    fleet: Fleet
    catalogue: Catalogue


class Maker:
    """Makes fleets from one source of random numbers, so that a seed names a fleet."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._providers = [f"p{number}" for number in range(random.randint(3, 6))]
        self._countries = [f"C{number}" for number in range(random.randint(2, 7))]

    def make(self, verbs: Sequence[str]) -> Middle:
        """20 to 300 nodes of up to 12 groups on 5 to 40 sites, under up to 5 rules; the first has the first verb."""
        nodes, sites = self._random.randint(20, 300), self._random.randint(5, 40)
        zones, types = self._make_sites(nodes, sites)
        groups = self._make_groups(nodes)
        number = self._random.choice([1, 2, 2, 3, MOST_RULES])
        chosen = [verbs[0], *self._random.choices(verbs, k=number - 1)]
        policy = [rule for line, verb in enumerate(chosen, 1) for rule in self.make_rules(line, verb, groups)]
        accounts = [make_account(name) for name in self._providers]
        accounts.append(make_account("second", self._providers[0]))
        return Middle(make_fleet(accounts, groups, policy), make_catalogue(zones, types))

    def make_rules(self, line: int, verb: str, groups: Sequence[Group]) -> Iterator[Rule]:
        """A rule of the verb; none where it needs two groups and there is one."""
        if verb in ("apart", "together") and len(groups) < 2:
            return
        fields = {**getattr(self, f"_say_{verb}")(groups)}
        if verb not in ("apart", "together"):
            fields |= self._say_subject(groups)
        if self._random.random() < 0.1:
            fields["level"] = "warning"
        if self._random.random() < 0.2:
            fields["priority"] = self._random.choice([5, 10])
        yield make_rule(line, **fields)

    def _make_sites(self, nodes: int, sites: int) -> tuple[list[Zone], list[MachineType]]:
        zones, types = [], []
        limited = self._random.random() < 0.5
        for number in range(sites):
            provider = self._providers[number % len(self._providers)]
            place = (provider, f"r{number // len(self._providers) // 2}", f"z{number}")
            country = None if self._random.random() < 0.05 else self._random.choice(self._countries)
            room = self._random.randint(1, 3) * ceil(nodes / sites) if limited else None
            zones.append(make_zone(*place, country=country, capacity=room))
        for provider, region in sorted({(zone.provider, zone.region) for zone in zones}):
            for name, vcpus in (("m", 2), ("l", 4)):
                known = self._random.random() > 0.05
                price = str(Decimal(self._random.randint(500, 4000) * vcpus) / 100) if known else None
                types.append(make_type(provider, region, name, price, vcpus=vcpus))
        return zones, types

    def _make_groups(self, nodes: int) -> list[Group]:
        number = self._random.randint(1, MOST_GROUPS)
        cuts = sorted(self._random.sample(range(1, nodes), number - 1))
        counts = [high - low for low, high in zip([0, *cuts], [*cuts, nodes], strict=True)]
        return [self._make_group(f"g{at}", count) for at, count in enumerate(counts)]

    def _make_group(self, name: str, count: int) -> Group:
        need = MachineNeed(vcpus=self._random.choice([2, 2, 4]), memory=Decimal(4), disk=Decimal(10))
        more: dict[str, Any] = {"machine": need, "stake": self._random.choice(["1", "1.5", "32"])}
        if self._random.random() < 0.5:
            return make_group(name, count, **more)
        execution = tuple(self._random.sample(EXECUTION, self._random.randint(1, 4)))
        consensus = tuple(self._random.sample(CONSENSUS, self._random.randint(1, 3)))
        pairs = [{"execution": one, "consensus": other} for one in execution for other in consensus]
        if self._random.random() < 0.4:
            more["combinations"] = tuple(self._random.sample(pairs, self._random.randint(1, len(pairs))))
        return make_group(
            name, count, chain="ethereum", clients={"execution": execution, "consensus": consensus}, **more
        )

    def _say_subject(self, groups: Sequence[Group]) -> dict[str, Any]:
        of = self._random.choice([None, None, "fleet", {"chain": "ethereum"}, {"group": groups[0].name}])
        return {} if of is None else {"of": of}

    def _say_kind(self) -> str:
        return self._random.choice(KINDS)

    def _say_domain(self) -> tuple[str, Sequence[str]]:
        """A kind of domain and all its names."""
        choices: list[tuple[str, Sequence[str]]] = [("provider", self._providers), ("country", self._countries)]
        return self._random.choice(choices)

    def _say_share(self, kinds: Sequence[str]) -> dict[str, Any]:
        """A share that can often be held, for one of the kinds."""
        per = self._random.choice(kinds)
        return {
            "per": per,
            "by": self._random.choice(["nodes", "stake", "vcpus"]),
            "share": f"{self._random.choice([25, 34, 40, 50, 67])}%",
        }

    def _say_cap(self, _: Sequence[Group]) -> dict[str, Any]:
        said = self._say_share([*KINDS, "client.execution", "client.consensus"])
        return {"cap": said.pop("share"), **said}

    def _say_below(self, _: Sequence[Group]) -> dict[str, Any]:
        said = self._say_share([*KINDS, "client.execution"])
        return {"below": said.pop("share"), **said}

    def _say_skew(self, _: Sequence[Group]) -> dict[str, Any]:
        per = self._random.choice([*KINDS, "client.execution", "client.consensus"])
        return {"skew": self._random.randint(1, 5), "per": per}

    def _say_min_domains(self, _: Sequence[Group]) -> dict[str, Any]:
        return {"min_domains": self._random.randint(1, 3), "per": self._random.choice([*KINDS, "client.execution"])}

    def _say_max_domains(self, _: Sequence[Group]) -> dict[str, Any]:
        return {"max_domains": self._random.randint(1, 4), "per": self._random.choice([*KINDS, "client.consensus"])}

    def _say_min_nodes(self, _: Sequence[Group]) -> dict[str, Any]:
        per, names = self._say_domain()
        said = self._say_share([per])
        return {"min_nodes": said["share"], "in": {per: self._random.choice(names)}, "by": said["by"]}

    def _say_survive(self, _: Sequence[Group]) -> dict[str, Any]:
        said = self._say_share(KINDS)
        return {"survive": self._random.randint(1, 3), "keep": said.pop("share"), **said}

    def _say_spread(self, _: Sequence[Group]) -> dict[str, Any]:
        per, names = self._say_domain()
        return {"spread": {name: self._random.randint(1, 3) for name in names}, "per": per}

    def _say_allow(self, _: Sequence[Group]) -> dict[str, Any]:
        per, names = self._say_domain()
        return {"allow": tuple(self._random.sample(names, self._random.randint(1, len(names)))), "per": per}

    def _say_deny(self, _: Sequence[Group]) -> dict[str, Any]:
        per, names = self._say_domain()
        return {"deny": (self._random.choice(names),), "per": per}

    def _say_apart(self, groups: Sequence[Group]) -> dict[str, Any]:
        return {"apart": self._say_groups(groups), "per": self._random.choice(KINDS[2:])}

    def _say_together(self, groups: Sequence[Group]) -> dict[str, Any]:
        return {"together": self._say_groups(groups), "per": self._random.choice(KINDS)}

    def _say_groups(self, groups: Sequence[Group]) -> tuple[str, ...]:
        return tuple(group.name for group in self._random.sample(groups, min(len(groups), self._random.randint(2, 3))))

    def _say_budget(self, groups: Sequence[Group]) -> dict[str, Any]:
        nodes = sum(group.count for group in groups)
        return {"budget": f"{nodes * self._random.randint(20, 160)} USD/month"}
