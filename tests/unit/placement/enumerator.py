"""A placement by trying everything, for tiny fleets. Imports nothing of the project: rules follow their prose.

The fleet is plain data. All that is asked: is there a placement, and what are the least values of each objective?
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, combinations_with_replacement, product
from math import ceil, floor
from typing import Any


@dataclass(frozen=True)
class TinySite:
    """A site by its domains (None is unknown). Price in cents, None is unknown; capacity None is no limit.

    At a `refused` one no new machine is to be had for now; `closure` is "drained", "cordoned" or None.
    """

    domains: Mapping[str, str | None]
    cents: int | None
    capacity: int | None
    lost: bool = False
    refused: bool = False
    closure: str | None = None


@dataclass(frozen=True)
class TinyNode:
    """A node of the lock: the site its wanted machine is at, sites of its lost, retiring and refused machines.

    A refused machine was wanted and never made.
    """

    home: int | None
    lost_at: tuple[int, ...] = ()
    retiring_at: tuple[int, ...] = ()
    refused_at: tuple[int, ...] = ()


@dataclass(frozen=True)
class TinyGroup:
    """Nodes of a `signs` group never move; `standby_of` is the index of the group whose spare nodes these are."""

    count: int
    stake: Fraction = Fraction(1)
    nodes: tuple[TinyNode, ...] = ()
    signs: bool = False
    standby_of: int | None = None

    def find_home(self, node: TinyNode) -> int | None:
        """Where the node runs; one that signs is still where it was lost."""
        return node.lost_at[-1] if self.signs and node.home is None and node.lost_at else node.home

    def list_pinned(self) -> list[int]:
        """The sites of nodes that must not move."""
        homes = [self.find_home(node) for node in self.nodes] if self.signs else []
        return [home for home in homes if home is not None]

    def list_left(self, node: TinyNode) -> tuple[int, ...]:
        """The sites of machines that the node may go back to; one that signs goes nowhere, nor to what was refused."""
        return () if self.signs else (*node.lost_at, *node.retiring_at)


@dataclass(frozen=True)
class TinyFleet:
    """Rules are dicts as in a spec; `of` is absent, "fleet", or the index of a group; groups are named by index."""

    sites: tuple[TinySite, ...]
    groups: tuple[TinyGroup, ...]
    rules: tuple[Mapping[str, Any], ...] = field(default=())


Counts = tuple[tuple[int, ...], ...]
Score = tuple[int, ...]
"""The least values of SCORES, in their order."""
SCORES = (
    "unplaced",
    "excess",
    "over budget",
    "relocations",
    "held",
    "new machines",
    "warnings",
    "preferences",
    "unpriced",
    "cost",
)


@dataclass(frozen=True)
class Reach:
    """What a group's nodes may do, by site: start anew, stay, go back.

    A site is `open` where any of this can be. At one that is not open nodes may be `stranded`, those that never move.
    """

    new: tuple[bool, ...]
    stay: tuple[bool, ...]
    back: tuple[bool, ...]
    open: tuple[bool, ...]
    stranded: tuple[bool, ...]


def compute_reach(fleet: TinyFleet, index: int) -> Reach:
    """Nothing is at a lost or forbidden site, but for nodes that never move. A closed one takes nothing new or back.

    What stands at a cordoned site stays, at a drained one it is to leave; a refused one makes no new machines.
    """
    group, sites = fleet.groups[index], fleet.sites
    homes = [group.find_home(node) for node in group.nodes]
    left = [site for node in group.nodes for site in group.list_left(node)]
    allowed = [not site.lost and not is_closed(fleet, index, site) for site in sites]
    new = tuple(fit and not site.refused and site.closure is None for fit, site in zip(allowed, sites, strict=True))
    stay = tuple(fit and site.closure != "drained" for fit, site in zip(allowed, sites, strict=True))
    back = tuple(fit and site.closure is None for fit, site in zip(allowed, sites, strict=True))
    is_open = tuple(
        new[at] or (stay[at] and at in homes) or (back[at] and at in left) for at in range(len(fleet.sites))
    )
    pinned = group.list_pinned()
    return Reach(new, stay, back, is_open, tuple(at in pinned and not is_open[at] for at in range(len(sites))))


def list_modes(fleet: TinyFleet) -> tuple[str, ...]:
    """What gives way, in the order in which it is tried.

    Nothing; that nodes are placed; rules, by what nodes that must not move bring about; both; all rules. After a loss
    no node waits before all rules give way. Where machines are refused all rules give way last, and for a drain never.
    """
    if any(site.lost for site in fleet.sites):
        return ("nothing", "borne", "all")
    if any(site.refused for site in fleet.sites):
        return ("nothing", "nodes", "borne", "borne and nodes", "all")
    drained = any(site.closure == "drained" for site in fleet.sites)
    return ("nothing", "nodes", "borne", "borne and nodes") if drained else ("nothing", "borne")


def find_best(fleet: TinyFleet) -> Score | None:
    """The best score there is; None where nothing satisfies the rules."""
    modes = list_modes(fleet)
    reaches = [compute_reach(fleet, index) for index in range(len(fleet.groups))]
    free = [count_free(fleet, index) for index in range(len(fleet.sites))]
    lost = [site.lost for site in fleet.sites]
    ways = [list(enumerate_group(group, reach, free, lost)) for group, reach in zip(fleet.groups, reaches, strict=True)]
    best: dict[str, Score] = {}
    scored: dict[Counts, tuple[int, int, int, int, bool]] = {}
    any_back = can_anyone_go_back(fleet, reaches)
    for choice in product(*ways):
        if any(sum(way.fresh[site] for way in choice) > limit for site, limit in enumerate(free)):
            continue
        counts = tuple(way.counts for way in choice)
        unplaced = sum(group.count for group in fleet.groups) - sum(map(sum, counts))
        if unplaced and modes == ("nothing", "borne"):
            continue
        if counts not in scored:
            scored[counts] = (
                compute_excess(fleet, counts, reaches, "error"),
                compute_excess(fleet, counts, reaches, "warning"),
                compute_overrun(fleet, counts),
                compute_unmet(fleet, counts, reaches),
                is_borne(fleet, counts, reaches),
            )
        excess, warnings, overrun, unmet, borne = scored[counts]
        fits = {
            "nothing": not (unplaced or excess or overrun),
            "nodes": not (excess or overrun),
            "borne": borne and not unplaced,
            "borne and nodes": borne,
            "all": True,
        }
        leaving = sum(way.leaving for way in choice)
        fresh = sum(sum(way.fresh) for way in choice) if any_back else 0
        held = sum(way.held for way in choice)
        score = (unplaced, excess, overrun, leaving, held, fresh, warnings, unmet, *price(fleet, counts))
        for mode in modes:
            if fits[mode]:
                best[mode] = min(score, best.get(mode, score))
    return next((best[mode] for mode in modes if mode in best), None)


def is_borne(fleet: TinyFleet, counts: Counts, reaches: Sequence[Reach]) -> bool:
    """Whether every error rule holds, but for what nodes that must not move bring about.

    They alone may be above a cap, and no other node beside them. How far any other rule is broken because of them
    cannot be told from them alone: of these any distance is borne.
    """
    pinned = tuple(tuple(group.list_pinned().count(site) for site in range(len(fleet.sites))) for group in fleet.groups)
    for rule in fleet.rules:
        for subject in subjects(fleet, rule) if rule.get("level", "error") == "error" else []:
            signs = any(any(pinned[group]) for group in add_standby(fleet, subject))
            if "budget" in rule:
                if compute_rule_overrun(fleet, rule, subject, counts) and not signs:
                    return False
            elif "cap" in rule or "below" in rule:
                most = list_share_excess(fleet, rule, subject, pinned, find_domains(fleet, rule, subject, reaches))
                held = list_share_excess(fleet, rule, subject, counts, find_domains(fleet, rule, subject, reaches))
                if any(found > limit for found, limit in zip(held, most, strict=True)):
                    return False
            elif compute_rule_excess(fleet, rule, subject, counts, reaches) and not signs:
                return False
    return True


@dataclass(frozen=True)
class Way:
    """One way to place a group: nodes by site, new machines by site, nodes that do not stay where they are.

    `held` is how bad a choice was made of nodes that sign, where fewer are asked for than there are.
    """

    counts: tuple[int, ...]
    fresh: tuple[int, ...]
    leaving: int
    held: int


def enumerate_group(group: TinyGroup, reach: Reach, free: Sequence[int], lost: Sequence[bool]) -> Iterator[Way]:
    """Every way to place a group's nodes, or some of them. A node stays, or goes back, or is started anew somewhere."""
    standing = [node for node in group.nodes if is_standing(node)]
    wanted = min(len(standing), group.count)
    bound_to_stay = min(len(group.list_pinned()), group.count)
    options = [list(enumerate_node(group, node, reach)) for node in group.nodes]
    fewer = group.count < len(group.list_pinned())
    found: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[int, int]] = {}
    for choice in product(*options):
        back = sum(way == "back" for node, (way, _) in zip(group.nodes, choice, strict=True) if not is_standing(node))
        kept = [site for _, site in choice if site is not None]
        stays = sum(way == "stay" for way, _ in choice)
        if len(kept) > group.count or back > max(0, group.count - len(standing)) or stays < bound_to_stay:
            continue
        for number in range(group.count - len(kept) + 1):
            sites = [site for site, takes in enumerate(reach.new) if takes]
            for new in combinations_with_replacement(sites, number):
                fresh = tuple(new.count(site) for site in range(len(reach.new)))
                if any(more > limit for more, limit in zip(fresh, free, strict=True)):
                    continue
                counts = tuple(more + kept.count(site) for site, more in enumerate(fresh))
                # One whose place is lost is a worse choice than one that runs where it should not.
                held = sum(1 + lost[site] for site in kept if not reach.stay[site]) if fewer else 0
                costs = (wanted - stays, held)
                found[counts, fresh] = min(costs, found.get((counts, fresh), costs))
    for (counts, fresh), (leaving, held) in found.items():
        yield Way(counts, fresh, leaving, held)


def enumerate_node(group: TinyGroup, node: TinyNode, reach: Reach) -> Iterator[tuple[str, int | None]]:
    yield "gone", None
    home = group.find_home(node)
    if home is not None and (reach.stay[home] or group.signs):
        yield "stay", home
    for site in sorted({*group.list_left(node)}):
        if reach.back[site]:
            yield "back", site


def is_standing(node: TinyNode) -> bool:
    """Whether the fleet wants the node: all but those whose machines are only on their way out."""
    return node.home is not None or bool(node.lost_at) or bool(node.refused_at)


def can_anyone_go_back(fleet: TinyFleet, reaches: Sequence[Reach]) -> bool:
    return any(
        reach.back[site]
        for group, reach in zip(fleet.groups, reaches, strict=True)
        for node in group.nodes
        for site in group.list_left(node)
    )


def count_free(fleet: TinyFleet, site: int) -> int:
    """Machines that a site can still take: each machine of the lock has its place until it is retired."""
    capacity = fleet.sites[site].capacity
    if capacity is None:
        return 99
    nodes = [node for group in fleet.groups for node in group.nodes]
    held = [(node.home, *node.lost_at, *node.retiring_at, *node.refused_at) for node in nodes]
    used = sum(sites.count(site) for sites in held)
    return max(0, capacity - used)


def price(fleet: TinyFleet, counts: Counts) -> tuple[int, int]:
    """Machines without a price, and what the others cost."""
    held = [sum(group[site] for group in counts) for site in range(len(fleet.sites))]
    unpriced = sum(number for number, site in zip(held, fleet.sites, strict=True) if site.cents is None)
    return unpriced, sum(number * (site.cents or 0) for number, site in zip(held, fleet.sites, strict=True))


def subjects(fleet: TinyFleet, rule: Mapping[str, Any]) -> list[list[int]]:
    """Without `of` a rule speaks of each group on its own. Standby nodes are no subject: they go with their group's."""
    for verb in ("apart", "together"):
        if verb in rule:
            return [list(rule[verb])]
    own = [index for index, group in enumerate(fleet.groups) if group.standby_of is None]
    if "of" not in rule:
        return [[group] for group in own]
    return [own] if rule["of"] == "fleet" else [[rule["of"]]]


def add_standby(fleet: TinyFleet, subject: Sequence[int]) -> list[int]:
    """The groups, and those of their standby nodes."""
    return [*subject, *(index for index, group in enumerate(fleet.groups) if group.standby_of in subject)]


def is_closed(fleet: TinyFleet, group: int, site: TinySite) -> bool:
    """Allow: only the domains named, never an unknown one. Deny: not the domains named, nor an unknown one."""
    for rule in fleet.rules:
        spoken = any(group in add_standby(fleet, subject) for subject in subjects(fleet, rule))
        if rule.get("level") == "warning" or not spoken:
            continue
        domain = site.domains[rule["per"]] if "allow" in rule or "deny" in rule else None
        if "allow" in rule and domain not in rule["allow"]:
            return True
        if "deny" in rule and (domain is None or domain in rule["deny"]):
            return True
    return False


def compute_excess(fleet: TinyFleet, counts: Counts, reaches: Sequence[Reach], level: str) -> int:
    """How far all rules of a level are overrun together, in nodes, domains or the smallest parts of stake."""
    return sum(
        compute_rule_excess(fleet, rule, subject, counts, reaches)
        for rule in fleet.rules
        if rule.get("level", "error") == level
        for subject in subjects(fleet, rule)
    )


def compute_rule_excess(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, reaches: Sequence[Reach]
) -> int:
    verb = next((verb for verb in EXCESS if verb in rule), None)
    if verb is None:
        return 0
    return EXCESS[verb](fleet, rule, subject, counts, find_domains(fleet, rule, subject, reaches))


Domains = tuple[Mapping[str, Sequence[int]], Sequence[int]]
"""Sites by domain, and the sites whose domain nobody knows."""


def find_domains(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], reaches: Sequence[Reach]
) -> Domains:
    """The domains that the subject's nodes can be in.

    Where nodes are stranded they count, but the domain is not one that others could be in: no even spread has to reach
    it (`skew`), and no number of domains to be in use (`min_domains`) is reached with it.
    """
    groups = add_standby(fleet, subject) if {"survive", "apart", "together"} & rule.keys() else subject
    domains: dict[str, list[int]] = {}
    unknown = []
    for site in range(len(fleet.sites)):
        if "per" in rule and any(reaches[group].open[site] or reaches[group].stranded[site] for group in groups):
            domain = fleet.sites[site].domains[rule["per"]]
            if domain is None:
                unknown.append(site)
            else:
                domains.setdefault(domain, []).append(site)
    if "skew" in rule or "min_domains" in rule:
        is_open = [any(reaches[group].open[site] for group in groups) for site in range(len(fleet.sites))]
        domains = {name: sites for name, sites in domains.items() if any(is_open[site] for site in sites)}
    return domains, unknown


def count(counts: Counts, subject: Sequence[int], sites: Sequence[int]) -> int:
    return sum(counts[group][site] for group in subject for site in sites)


def compute_skew_excess(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Domains
) -> int:
    """Nodes at unknown domains count as if in the fullest."""
    by_domain, unknown = domains
    held = [count(counts, subject, sites) for sites in by_domain.values()]
    widest = max(held, default=0) + count(counts, subject, unknown) - min(held, default=0)
    return max(0, widest - int(rule["skew"]))


def compute_domains_excess(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Domains
) -> int:
    """An unknown domain adds none to the least; to the most each unknown site adds one."""
    by_domain, unknown = domains
    in_use = sum(count(counts, subject, sites) > 0 for sites in by_domain.values())
    if "min_domains" in rule:
        return max(0, int(rule["min_domains"]) - in_use)
    return max(0, in_use + sum(count(counts, subject, [site]) > 0 for site in unknown) - int(rule["max_domains"]))


def compute_spread_excess(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Domains
) -> int:
    """Between floor and ceiling of the ideal; none in other domains; unknown ones count against upper limits alone."""
    by_domain, unknown = domains
    ideal = compute_ideal(fleet, rule, subject)
    total = 0
    for domain in {*ideal, *by_domain}:
        known, part = count(counts, subject, by_domain.get(domain, [])), ideal.get(domain, Fraction(0))
        most = known + count(counts, subject, unknown)
        total += max(0, floor(part) - known) + max(0, most - ceil(part))
    return total


def compute_share_excess(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Domains
) -> int:
    return sum(list_share_excess(fleet, rule, subject, counts, domains))


def list_share_excess(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Domains
) -> list[int]:
    """Caps round down, `below` is strict; nodes at an unknown domain count in every domain's cap."""
    by_domain, unknown = domains
    stake, part = find_stakes(fleet, rule, subject)
    limit = compute_limit(fleet, subject, rule, rule["cap"] if "cap" in rule else rule["below"])
    parts = floor(limit / part)
    if "below" in rule and parts == limit / part:
        parts -= 1
    found = []
    for sites in list(by_domain.values()) or ([[]] if unknown else []):
        held = sum(stake[group] * counts[group][site] for group in subject for site in [*sites, *unknown])
        found.append(max(0, int(held / part) - parts))
    return found


def find_stakes(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int]
) -> tuple[Mapping[int, Fraction], Fraction]:
    """What a node of each group weighs, standby nodes as their group's, and the smallest part in which that is whole.

    That is halves, in these tests, where any stake is not whole.
    """
    groups = add_standby(fleet, subject)
    stake = {group: fleet.groups[group].stake if rule.get("by") == "stake" else Fraction(1) for group in groups}
    whole = all(weight.denominator == 1 for weight in stake.values())
    return stake, Fraction(1) if whole else Fraction(1, 2)


def compute_limit(fleet: TinyFleet, subject: Sequence[int], rule: Mapping[str, Any], amount: str | int) -> Fraction:
    """Shares are of the wanted weight, in which standby nodes are not."""
    stake, _ = find_stakes(fleet, rule, subject)
    wanted = sum((stake[group] * fleet.groups[group].count for group in subject), Fraction(0))
    return wanted * Fraction(int(amount[:-1]), 100) if isinstance(amount, str) else Fraction(amount)


def compute_missing_weight(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Domains
) -> int:
    """Minimums round up; a node of which a domain asked for is unknown counts as elsewhere."""
    stake, part = find_stakes(fleet, rule, subject)
    held = sum(
        stake[group] * counts[group][index]
        for group in subject
        for index, site in enumerate(fleet.sites)
        if all(site.domains[kind] == name for kind, name in rule["in"].items())
    )
    return max(0, ceil(compute_limit(fleet, subject, rule, rule["min_nodes"]) / part) - int(held / part))


def compute_survival_excess(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Domains
) -> int:
    """Whichever so many domains are lost, tried one choice after another; unknown ones are lost with any.

    Standby nodes are left as others are.
    """
    by_domain, _ = domains
    stake, part = find_stakes(fleet, rule, subject)

    def weigh(sites: Sequence[int]) -> Fraction:
        return sum((stake[group] * counts[group][site] for group in stake for site in sites), Fraction(0))

    names = list(by_domain)
    losses = list(combinations(names, min(rule["survive"], len(names))))
    left = min(sum((weigh(by_domain[name]) for name in names if name not in lost), Fraction(0)) for lost in losses)
    return max(0, ceil(compute_limit(fleet, subject, rule, rule["keep"]) / part) - int(left / part))


def compute_shared(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Domains
) -> int:
    """Apart: in each domain at most one of the groups; one with a node at an unknown domain is in every domain."""
    by_domain, unknown = domains
    total = 0
    for sites in list(by_domain.values()) or ([[]] if unknown else []):
        present = [group for group in subject if count(counts, add_standby(fleet, [group]), [*sites, *unknown])]
        total += max(0, len(present) - 1)
    return total


def compute_alone(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Domains
) -> int:
    """Together: nodes of the first group in domains where another group has none, once for each such group.

    Its standby nodes are bound alike; those of another group are no company.
    """
    by_domain, unknown = domains
    first, *others = subject
    return sum(
        count(counts, add_standby(fleet, [first]), sites)
        for sites in [*by_domain.values(), *([site] for site in unknown)]
        for other in others
        if not any(counts[other][site] for site in sites)
    )


def compute_ideal(fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int]) -> Mapping[str, Fraction]:
    """Each listed domain's exact part of the wanted nodes."""
    wanted = sum(fleet.groups[group].count for group in subject)
    return {name: Fraction(wanted * part, sum(rule["spread"].values())) for name, part in rule["spread"].items()}


def compute_unmet(fleet: TinyFleet, counts: Counts, reaches: Sequence[Reach]) -> int:
    """How far spreads are from the largest remainder's numbers, in the domains that nodes can be in."""
    total = 0
    for rule in fleet.rules:
        for subject in subjects(fleet, rule) if "spread" in rule else []:
            ideal = compute_ideal(fleet, rule, subject)
            quota = {name: floor(part) for name, part in ideal.items()}
            for _ in range(int(sum(ideal.values())) - sum(quota.values())):
                quota[max(ideal, key=lambda name: ideal[name] - quota[name])] += 1
            for name, number in quota.items():
                sites = [site for site, facts in enumerate(fleet.sites) if facts.domains[rule["per"]] == name]
                if any(reaches[group].open[site] for group in subject for site in sites):
                    total += abs(number - count(counts, subject, sites))
    return total


def compute_overrun(fleet: TinyFleet, counts: Counts) -> int:
    """Cents over budgets of level error; machines without a price are left out."""
    return sum(
        compute_rule_overrun(fleet, rule, subject, counts)
        for rule in fleet.rules
        if "budget" in rule and rule.get("level", "error") == "error"
        for subject in subjects(fleet, rule)
    )


def compute_rule_overrun(fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts) -> int:
    """A budget pays for standby nodes too."""
    spent = sum(
        number * (site.cents or 0)
        for group in add_standby(fleet, subject)
        for number, site in zip(counts[group], fleet.sites, strict=True)
    )
    return max(0, spent - round(float(rule["budget"].split()[0]) * 100))


EXCESS: Mapping[str, Callable[[TinyFleet, Mapping[str, Any], Sequence[int], Counts, Domains], int]] = {
    "cap": compute_share_excess,
    "below": compute_share_excess,
    "skew": compute_skew_excess,
    "min_domains": compute_domains_excess,
    "max_domains": compute_domains_excess,
    "min_nodes": compute_missing_weight,
    "survive": compute_survival_excess,
    "apart": compute_shared,
    "together": compute_alone,
    "spread": compute_spread_excess,
}
