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
    """A site by its domains (None is unknown). Price in cents, None is unknown; capacity None is no limit."""

    domains: Mapping[str, str | None]
    cents: int | None
    capacity: int | None
    lost: bool = False


@dataclass(frozen=True)
class TinyNode:
    """A node of the lock: the site its wanted machine is at, sites of its lost and retiring machines."""

    home: int | None
    lost_at: tuple[int, ...] = ()
    retiring_at: tuple[int, ...] = ()


@dataclass(frozen=True)
class TinyGroup:
    count: int
    stake: Fraction = Fraction(1)
    nodes: tuple[TinyNode, ...] = ()


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
    "new machines",
    "warnings",
    "preferences",
    "unpriced",
    "cost",
)


def find_best(fleet: TinyFleet) -> Score | None:
    """The best score there is; None where nothing satisfies the rules. After a loss rules bend and nodes may wait."""
    after_loss = any(site.lost for site in fleet.sites)
    open_cells = [
        [not site.lost and not is_closed(fleet, group, site) for site in fleet.sites]
        for group in range(len(fleet.groups))
    ]
    free = [count_free(fleet, index) for index in range(len(fleet.sites))]
    ways = [list(enumerate_group(group, cells, free)) for group, cells in zip(fleet.groups, open_cells, strict=True)]
    best: Score | None = None
    scored: dict[Counts, tuple[int, int, int, int]] = {}
    for choice in product(*ways):
        if any(sum(way.fresh[site] for way in choice) > limit for site, limit in enumerate(free)):
            continue
        counts = tuple(way.counts for way in choice)
        unplaced = sum(group.count for group in fleet.groups) - sum(map(sum, counts))
        if unplaced and not after_loss:
            continue
        if counts not in scored:
            scored[counts] = (
                compute_excess(fleet, counts, open_cells, "error"),
                compute_excess(fleet, counts, open_cells, "warning"),
                compute_overrun(fleet, counts),
                compute_unmet(fleet, counts, open_cells),
            )
        excess, warnings, overrun, unmet = scored[counts]
        if (excess or overrun) and not after_loss:
            continue
        leaving = sum(way.leaving for way in choice)
        fresh = sum(sum(way.fresh) for way in choice) if can_anyone_go_back(fleet, open_cells) else 0
        score = (unplaced, excess, overrun, leaving, fresh, warnings, unmet, *price(fleet, counts))
        best = score if best is None else min(best, score)
    return best


@dataclass(frozen=True)
class Way:
    """One way to place a group: nodes by site, new machines by site, nodes that do not stay where they are."""

    counts: tuple[int, ...]
    fresh: tuple[int, ...]
    leaving: int


def enumerate_group(group: TinyGroup, cells: Sequence[bool], free: Sequence[int]) -> Iterator[Way]:
    """Every way to place a group's nodes, or some of them. A node stays, or goes back, or is started anew somewhere."""
    standing = [node for node in group.nodes if is_standing(node)]
    wanted = min(len(standing), group.count)
    options = [list(enumerate_node(node, cells)) for node in group.nodes]
    found: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
    for choice in product(*options):
        back = sum(way == "back" for node, (way, _) in zip(group.nodes, choice, strict=True) if not is_standing(node))
        kept = [site for _, site in choice if site is not None]
        stays = sum(way == "stay" for way, _ in choice)
        if len(kept) > group.count or back > max(0, group.count - len(standing)):
            continue
        for number in range(group.count - len(kept) + 1):
            for new in combinations_with_replacement([site for site, is_open in enumerate(cells) if is_open], number):
                fresh = tuple(new.count(site) for site in range(len(cells)))
                if any(more > limit for more, limit in zip(fresh, free, strict=True)):
                    continue
                counts = tuple(more + kept.count(site) for site, more in enumerate(fresh))
                leaving = wanted - stays
                found[counts, fresh] = min(leaving, found.get((counts, fresh), leaving))
    for (counts, fresh), leaving in found.items():
        yield Way(counts, fresh, leaving)


def enumerate_node(node: TinyNode, cells: Sequence[bool]) -> Iterator[tuple[str, int | None]]:
    yield "gone", None
    if node.home is not None and cells[node.home]:
        yield "stay", node.home
    for site in {*node.lost_at, *node.retiring_at}:
        if cells[site]:
            yield "back", site


def is_standing(node: TinyNode) -> bool:
    """Whether the fleet wants the node: all but those whose machines are only on their way out."""
    return node.home is not None or bool(node.lost_at)


def can_anyone_go_back(fleet: TinyFleet, open_cells: Sequence[Sequence[bool]]) -> bool:
    return any(
        cells[site]
        for group, cells in zip(fleet.groups, open_cells, strict=True)
        for node in group.nodes
        for site in (*node.lost_at, *node.retiring_at)
    )


def count_free(fleet: TinyFleet, site: int) -> int:
    """Machines that a site can still take: each machine of the lock has its place until it is retired."""
    capacity = fleet.sites[site].capacity
    if capacity is None:
        return 99
    nodes = [node for group in fleet.groups for node in group.nodes]
    used = sum((node.home == site) + node.lost_at.count(site) + node.retiring_at.count(site) for node in nodes)
    return max(0, capacity - used)


def price(fleet: TinyFleet, counts: Counts) -> tuple[int, int]:
    """Machines without a price, and what the others cost."""
    held = [sum(group[site] for group in counts) for site in range(len(fleet.sites))]
    unpriced = sum(number for number, site in zip(held, fleet.sites, strict=True) if site.cents is None)
    return unpriced, sum(number * (site.cents or 0) for number, site in zip(held, fleet.sites, strict=True))


def subjects(fleet: TinyFleet, rule: Mapping[str, Any]) -> list[list[int]]:
    """Without `of` a rule speaks of each group on its own."""
    for verb in ("apart", "together"):
        if verb in rule:
            return [list(rule[verb])]
    if "of" not in rule:
        return [[group] for group in range(len(fleet.groups))]
    return [list(range(len(fleet.groups)))] if rule["of"] == "fleet" else [[rule["of"]]]


def is_closed(fleet: TinyFleet, group: int, site: TinySite) -> bool:
    """Allow: only the domains named, never an unknown one. Deny: not the domains named, nor an unknown one."""
    for rule in fleet.rules:
        if rule.get("level") == "warning" or not any(group in subject for subject in subjects(fleet, rule)):
            continue
        domain = site.domains[rule["per"]] if "allow" in rule or "deny" in rule else None
        if "allow" in rule and domain not in rule["allow"]:
            return True
        if "deny" in rule and (domain is None or domain in rule["deny"]):
            return True
    return False


def compute_excess(fleet: TinyFleet, counts: Counts, open_cells: Sequence[Sequence[bool]], level: str) -> int:
    """How far all rules of a level are overrun together, in nodes, domains or the smallest parts of stake."""
    return sum(
        compute_rule_excess(fleet, rule, subject, counts, open_cells)
        for rule in fleet.rules
        if rule.get("level", "error") == level
        for subject in subjects(fleet, rule)
    )


def compute_rule_excess(
    fleet: TinyFleet,
    rule: Mapping[str, Any],
    subject: Sequence[int],
    counts: Counts,
    open_cells: Sequence[Sequence[bool]],
) -> int:
    """Domains are those that the subject's nodes can be in; `unknown` are sites whose domain nobody knows."""
    verb = next((verb for verb in EXCESS if verb in rule), None)
    if verb is None:
        return 0
    domains: dict[str | None, list[int]] = {}
    for site in range(len(fleet.sites)):
        if "per" in rule and any(open_cells[group][site] for group in subject):
            domains.setdefault(fleet.sites[site].domains[rule["per"]], []).append(site)
    unknown = domains.pop(None, [])
    return EXCESS[verb](fleet, rule, subject, counts, [domains, unknown])


def count(counts: Counts, subject: Sequence[int], sites: Sequence[int]) -> int:
    return sum(counts[group][site] for group in subject for site in sites)


def compute_skew_excess(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Sequence[Any]
) -> int:
    """Nodes at unknown domains count as if in the fullest."""
    by_domain, unknown = domains
    held = [count(counts, subject, sites) for sites in by_domain.values()]
    widest = max(held, default=0) + count(counts, subject, unknown) - min(held, default=0)
    return max(0, widest - int(rule["skew"]))


def compute_domains_excess(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Sequence[Any]
) -> int:
    """An unknown domain adds none to the least; to the most each unknown site adds one."""
    by_domain, unknown = domains
    in_use = sum(count(counts, subject, sites) > 0 for sites in by_domain.values())
    if "min_domains" in rule:
        return max(0, int(rule["min_domains"]) - in_use)
    return max(0, in_use + sum(count(counts, subject, [site]) > 0 for site in unknown) - int(rule["max_domains"]))


def compute_spread_excess(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Sequence[Any]
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
    fleet: TinyFleet,
    rule: Mapping[str, Any],
    subject: Sequence[int],
    counts: Counts,
    domains: Sequence[Any],
) -> int:
    """Caps round down, `below` is strict; nodes at an unknown domain count in every domain's cap."""
    by_domain, unknown = domains
    stake, part = find_stakes(fleet, rule, subject)
    limit = compute_limit(fleet, stake, rule["cap"] if "cap" in rule else rule["below"])
    parts = floor(limit / part)
    if "below" in rule and parts == limit / part:
        parts -= 1
    total = 0
    for sites in list(by_domain.values()) or ([[]] if unknown else []):
        held = sum(stake[group] * counts[group][site] for group in subject for site in [*sites, *unknown])
        total += max(0, int(held / part) - parts)
    return total


def find_stakes(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int]
) -> tuple[Mapping[int, Fraction], Fraction]:
    """What a node of each group weighs, and the smallest part in which that is whole.

    That is halves, in these tests, where any stake is not whole.
    """
    stake = {group: fleet.groups[group].stake if rule.get("by") == "stake" else Fraction(1) for group in subject}
    whole = all(weight.denominator == 1 for weight in stake.values())
    return stake, Fraction(1) if whole else Fraction(1, 2)


def compute_limit(fleet: TinyFleet, stake: Mapping[int, Fraction], amount: str | int) -> Fraction:
    """Shares are of the wanted weight."""
    wanted = sum((weight * fleet.groups[group].count for group, weight in stake.items()), Fraction(0))
    return wanted * Fraction(int(amount[:-1]), 100) if isinstance(amount, str) else Fraction(amount)


def compute_missing_weight(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Sequence[Any]
) -> int:
    """Minimums round up; a node of which a domain asked for is unknown counts as elsewhere."""
    stake, part = find_stakes(fleet, rule, subject)
    held = sum(
        stake[group] * counts[group][index]
        for group in subject
        for index, site in enumerate(fleet.sites)
        if all(site.domains[kind] == name for kind, name in rule["in"].items())
    )
    return max(0, ceil(compute_limit(fleet, stake, rule["min_nodes"]) / part) - int(held / part))


def compute_survival_excess(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Sequence[Any]
) -> int:
    """Whichever so many domains are lost, tried one choice after another; unknown ones are lost with any."""
    by_domain, _ = domains
    stake, part = find_stakes(fleet, rule, subject)

    def weigh(sites: Sequence[int]) -> Fraction:
        return sum((stake[group] * counts[group][site] for group in subject for site in sites), Fraction(0))

    names = list(by_domain)
    losses = list(combinations(names, min(rule["survive"], len(names))))
    left = min(sum((weigh(by_domain[name]) for name in names if name not in lost), Fraction(0)) for lost in losses)
    return max(0, ceil(compute_limit(fleet, stake, rule["keep"]) / part) - int(left / part))


def compute_shared(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Sequence[Any]
) -> int:
    """Apart: in each domain at most one of the groups; one with a node at an unknown domain is in every domain."""
    by_domain, unknown = domains
    total = 0
    for sites in list(by_domain.values()) or ([[]] if unknown else []):
        present = [group for group in subject if any(counts[group][site] for site in [*sites, *unknown])]
        total += max(0, len(present) - 1)
    return total


def compute_alone(
    fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int], counts: Counts, domains: Sequence[Any]
) -> int:
    """Together: nodes of the first group in domains where another group has none, once for each such group."""
    by_domain, unknown = domains
    first, *others = subject
    return sum(
        sum(counts[first][site] for site in sites)
        for sites in [*by_domain.values(), *([site] for site in unknown)]
        for other in others
        if not any(counts[other][site] for site in sites)
    )


def compute_ideal(fleet: TinyFleet, rule: Mapping[str, Any], subject: Sequence[int]) -> Mapping[str, Fraction]:
    """Each listed domain's exact part of the wanted nodes."""
    wanted = sum(fleet.groups[group].count for group in subject)
    return {name: Fraction(wanted * part, sum(rule["spread"].values())) for name, part in rule["spread"].items()}


def compute_unmet(fleet: TinyFleet, counts: Counts, open_cells: Sequence[Sequence[bool]]) -> int:
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
                if any(open_cells[group][site] for group in subject for site in sites):
                    total += abs(number - sum(counts[group][site] for group in subject for site in sites))
    return total


def compute_overrun(fleet: TinyFleet, counts: Counts) -> int:
    """Cents over budgets of level error; machines without a price are left out."""
    total = 0
    for rule in fleet.rules:
        if "budget" in rule and rule.get("level", "error") == "error":
            for subject in subjects(fleet, rule):
                spent = sum(
                    number * (site.cents or 0)
                    for group in subject
                    for number, site in zip(counts[group], fleet.sites, strict=True)
                )
                total += max(0, spent - round(float(rule["budget"].split()[0]) * 100))
    return total


EXCESS: Mapping[str, Callable[[TinyFleet, Mapping[str, Any], Sequence[int], Counts, Sequence[Any]], int]] = {
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
