"""Random tiny fleets for the enumerator, and what they are in the project's own terms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.closure import Closures
from orchestrator.model.fleet import Fleet, get_standby_name
from orchestrator.model.lock import Lock, LockHeader, Machine, MachineState
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Plan
from orchestrator.model.site import Image
from orchestrator.model.taint import Taint
from orchestrator.placement.place import compute_plan
from tests.unit.placement.enumerator import TinyFleet, TinyGroup, TinyNode, TinySite
from tests.unit.placement.fleets import (
    make_account,
    make_catalogue,
    make_fleet,
    make_group,
    make_rule,
    make_type,
    make_zone,
)

KINDS = ("account", "provider", "zone", "country")
SHARES = ("10%", "25%", "33%", "34%", "50%", "67%", "100%")


@st.composite
def tiny_sites(draw: st.DrawFn) -> tuple[TinySite, ...]:
    number = draw(st.integers(1, 4))
    lost = draw(st.sampled_from([None, None, *range(number)])) if number > 1 else None
    sites = []
    for index in range(number):
        provider = draw(st.sampled_from(["p", "q"]))
        domains = {
            "account": f"a{index}",
            "provider": provider,
            "zone": f"{provider}/z{index}",
            "country": draw(st.sampled_from(["DE", "FI", None, "DE"])),
        }
        cents = draw(st.sampled_from([100, 200, 250, 300, None]))
        capacity = draw(st.sampled_from([None, None, 0, 1, 2, 3]))
        sites.append(TinySite(domains, cents, capacity, lost=index == lost))
    closed = draw(st.sampled_from([None, None, None, *range(number)]))
    if closed is not None:
        sites[closed] = replace(sites[closed], closure=draw(st.sampled_from(["drained", "cordoned"])))
    refusing = draw(st.sampled_from([None, None, None, None, *range(number)]))
    if refusing is not None:
        sites[refusing] = replace(sites[refusing], refused=True)
    return tuple(sites)


@st.composite
def tiny_nodes(draw: st.DrawFn, sites: Sequence[TinySite]) -> TinyNode:
    where = draw(st.permutations(range(len(sites))))
    home, others = where[0], tuple(where[1 : 1 + draw(st.sampled_from([0, 0, 1]))])
    kind = draw(st.sampled_from(["wanted", "wanted", "wanted", "lost", "retiring", "both", "refused"]))
    if kind == "lost":
        return TinyNode(None, lost_at=(home,))
    if kind == "refused":
        return TinyNode(None, lost_at=others, refused_at=(home,))
    if kind == "retiring":
        return TinyNode(None, retiring_at=(home,))
    return TinyNode(home, lost_at=others) if kind == "wanted" else TinyNode(home, retiring_at=others)


@dataclass(frozen=True)
class Words:
    """What a rule can speak of: a kind of domain, its names, and the groups by index."""

    per: str
    names: list[str]
    groups: int


WEIGHED = st.sampled_from(["nodes", "stake"])


def some_names(words: Words, most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words.names), min_size=1, max_size=most, unique=True).map(tuple)


def with_amount(verb: str) -> Callable[[Words], st.SearchStrategy[dict[str, Any]]]:
    amounts = st.sampled_from([*SHARES, 1, 2, 3])
    return lambda words: st.fixed_dictionaries({verb: amounts, "per": st.just(words.per), "by": WEIGHED})


def with_number(verb: str, least: int, most: int) -> Callable[[Words], st.SearchStrategy[dict[str, Any]]]:
    return lambda words: st.fixed_dictionaries({verb: st.integers(least, most), "per": st.just(words.per)})


def with_names(verb: str) -> Callable[[Words], st.SearchStrategy[dict[str, Any]]]:
    return lambda words: st.fixed_dictionaries({verb: some_names(words, 2), "per": st.just(words.per)})


def with_groups(verb: str) -> Callable[[Words], st.SearchStrategy[dict[str, Any]]]:
    return lambda words: st.fixed_dictionaries(
        {verb: st.permutations(range(words.groups)).map(tuple), "per": st.just(words.per)}
    )


def with_place(words: Words) -> st.SearchStrategy[dict[str, Any]]:
    place = st.sampled_from(words.names).map(lambda name: {words.per: name})
    return st.fixed_dictionaries({"min_nodes": st.sampled_from([*SHARES, 1, 2]), "in": place, "by": WEIGHED})


def with_parts(words: Words) -> st.SearchStrategy[dict[str, Any]]:
    parts = st.dictionaries(st.sampled_from(words.names), st.integers(1, 3), min_size=1, max_size=3)
    return st.fixed_dictionaries({"spread": parts, "per": st.just(words.per)})


def with_keep(words: Words) -> st.SearchStrategy[dict[str, Any]]:
    keep = st.sampled_from([*SHARES, 1, 2])
    return st.fixed_dictionaries({"survive": st.integers(1, 2), "keep": keep, "per": st.just(words.per), "by": WEIGHED})


def with_dollars(_: Words) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from([1, 3, 4.5, 6, 8, 12]).map(lambda dollars: {"budget": f"{dollars} USD/month"})


# max_moves is no part of what is best: it limits a round (test_rounds.py).
RULES: dict[str, Callable[[Words], st.SearchStrategy[dict[str, Any]]]] = {
    "cap": with_amount("cap"),
    "below": with_amount("below"),
    "skew": with_number("skew", 0, 2),
    "min_domains": with_number("min_domains", 1, 3),
    "max_domains": with_number("max_domains", 1, 3),
    "min_nodes": with_place,
    "survive": with_keep,
    "allow": with_names("allow"),
    "deny": with_names("deny"),
    "apart": with_groups("apart"),
    "together": with_groups("together"),
    "spread": with_parts,
    "budget": with_dollars,
}
OF_GROUPS = ("apart", "together")


@st.composite
def tiny_rules(draw: st.DrawFn, groups: int, sites: Sequence[TinySite], verbs: Sequence[str]) -> dict[str, Any]:
    verb = draw(st.sampled_from([verb for verb in verbs if groups > 1 or verb not in OF_GROUPS] or ["cap"]))
    per = draw(st.sampled_from(KINDS))
    names = sorted({str(site.domains[per]) for site in sites if site.domains[per]}) or ["none"]
    rule = draw(RULES[verb](Words(per, names, groups)))
    of = None if verb in OF_GROUPS else draw(st.sampled_from([None, None, "fleet", *range(groups)]))
    if of is not None:
        rule["of"] = of
    if draw(st.integers(0, 5)) == 0:
        rule["level"] = "warning"
    return rule


@st.composite
def tiny_fleets(draw: st.DrawFn, verbs: Sequence[str] = tuple(RULES)) -> TinyFleet:
    sites = draw(tiny_sites())
    number = draw(st.sampled_from([1, 1, 2]))
    placed = draw(st.booleans())
    groups = []
    for _ in range(number):
        count = draw(st.integers(1, 4 if number == 1 else 3))
        size = draw(st.integers(0, 4 if number == 1 else 2)) if placed else 0
        nodes = tuple(draw(tiny_nodes(sites)) for _ in range(size))
        stake = draw(st.sampled_from([Fraction(1), Fraction(3, 2), Fraction(32)]))
        groups.append(TinyGroup(count, stake, nodes, signs=placed and draw(st.integers(0, 3)) == 0))
    if number == 1 and draw(st.integers(0, 3)) == 0:
        nodes = tuple(draw(tiny_nodes(sites)) for _ in range(draw(st.integers(0, 1)) if placed else 0))
        groups.append(TinyGroup(draw(st.integers(1, 2)), groups[0].stake, nodes, standby_of=0))
    rules = tuple(draw(tiny_rules(number, sites, verbs)) for _ in range(draw(st.integers(0, 3))))
    return TinyFleet(sites, tuple(groups), rules)


def name_group(tiny: TinyFleet, index: int) -> str:
    of = tiny.groups[index].standby_of
    return f"g{index}" if of is None else get_standby_name(f"g{of}")


def make_real(tiny: TinyFleet) -> Fleet:
    accounts = [
        make_account(f"a{index}", site.domains["provider"], regions=(f"r{index}",))
        for index, site in enumerate(tiny.sites)
    ]
    groups = [
        make_group(name_group(tiny, index), group.count, stake=Decimal(str(float(group.stake)))).model_copy(
            update={} if group.standby_of is None else {"standby_of": name_group(tiny, group.standby_of)}
        )
        for index, group in enumerate(tiny.groups)
    ]
    rules = []
    for line, rule in enumerate(tiny.rules):
        of = rule.get("of")
        subject = {"of": {"group": f"g{of}"} if isinstance(of, int) else of} if of is not None else {}
        named = {verb: tuple(f"g{at}" for at in rule[verb]) for verb in ("apart", "together") if verb in rule}
        rules.append(make_rule(line + 1, **{**rule, **subject, **named}))
    return make_fleet(accounts, groups, rules)


def make_machine(tiny: TinyFleet, node: str, generation: int, site: int, state: MachineState) -> Machine:
    return Machine(
        machine=f"{node}.{generation}",
        node=node,
        group=node.rpartition("-")[0],
        chain="bitcoin",
        network="regtest",
        account=f"a{site}",
        provider=str(tiny.sites[site].domains["provider"]),
        region=f"r{site}",
        zone=f"z{site}",
        machine_type="m",
        arch="x86_64",
        clients={"node": "btcd"},
        state=state,
    )


def make_real_lock(tiny: TinyFleet) -> Lock | None:
    machines = []
    for index, group in enumerate(tiny.groups):
        for number, node in enumerate(group.nodes):
            entries = [(site, MachineState.LOST) for site in node.lost_at]
            entries += [(site, MachineState.RETIRING) for site in (*node.retiring_at, *node.refused_at)]
            # What a held machine is held for may have passed; and a group may have stopped to sign.
            state = MachineState.HELD if number % 2 else MachineState.WANTED
            entries += [(node.home, state)] if node.home is not None else []
            name = f"{name_group(tiny, index)}-{number + 1}"
            found = [make_machine(tiny, name, at + 1, *entry) for at, entry in enumerate(entries)]
            refused = len(node.lost_at) + len(node.retiring_at)
            machines += [
                machine.model_copy(update={"refused": "no_room"})
                if refused <= at < refused + len(node.refused_at)
                else machine
                for at, machine in enumerate(found)
            ]
    header = LockHeader(fleet="test", revision="r", spec="s", facts="f")
    return Lock(header=header, machines=tuple(machines)) if machines else None


@dataclass(frozen=True)
class World:
    """What a placement starts from beside the fleet, its catalogue and its lock."""

    losses: tuple[Loss, ...]
    signing_groups: frozenset[str]
    taints: tuple[Taint, ...]
    closures: Closures


def make_world(tiny: TinyFleet) -> World:
    def name_sites(wanted: Callable[[TinySite], bool]) -> tuple[Loss, ...]:
        return tuple(Loss(kind="account", value=f"a{index}") for index, site in enumerate(tiny.sites) if wanted(site))

    return World(
        name_sites(lambda site: site.lost),
        frozenset(name_group(tiny, index) for index, group in enumerate(tiny.groups) if group.signs),
        tuple(Taint(account=at.value, code="no_room", until=0.0) for at in name_sites(lambda site: site.refused)),
        Closures(
            drained=name_sites(lambda site: site.closure == "drained"),
            cordoned=name_sites(lambda site: site.closure == "cordoned"),
        ),
    )


def make_real_catalogue(tiny: TinyFleet) -> Catalogue:
    zones, types, images = [], [], []
    for index, site in enumerate(tiny.sites):
        provider, region = str(site.domains["provider"]), f"r{index}"
        zones.append(make_zone(provider, region, f"z{index}", country=site.domains["country"], capacity=site.capacity))
        price = None if site.cents is None else str(Decimal(site.cents) / 100)
        types.append(make_type(provider, region, price=price))
        images.append(Image(provider=provider, region=region, arch="x86_64", image_id="old", os="debian-13"))
    return make_catalogue(zones, types).model_copy(update={"images": tuple(images)})


def place(tiny: TinyFleet, lock: Lock | None, catalogue: Catalogue | None = None) -> Plan:
    """The project's placement of a tiny fleet on top of a lock."""
    world = make_world(tiny)
    return compute_plan(
        make_real(tiny),
        catalogue or make_real_catalogue(tiny),
        {},
        lock,
        world.losses,
        world.signing_groups,
        taints=world.taints,
        closures=world.closures,
    )
