"""The rule `spread`: the subject's nodes are divided over the domains named in the proportions given."""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor

from orchestrator.model.rule import Spread
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.measures import Sum
from orchestrator.policy.subject import Members


def compute_spread_bounds(rule: Spread, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    """A bound a domain: between floor and ceiling of its ideal part of the wanted nodes, and none in domains not named.

    A node whose domain is unknown may be in any, so it counts against every upper bound and towards no lower one.
    """
    domains = candidates.get_occupiable(members.group_names, rule.per)
    ideal = compute_ideal(rule.spread, members.wanted)
    bounds = []
    for domain in sorted({*ideal, *domains.known}):
        low, high = floor(ideal.get(domain, 0)), ceil(ideal.get(domain, 0))
        cells = domains.known.get(domain, ())
        wording = f"{low} to {high}" if low < high else f"{low}"
        whole = f"{wording} of {members.wanted} nodes"
        if domains.unknown:
            bounds.append(_bind(rule, members, domain, Sum.count(cells), low=low, high=None, wording=whole))
            reach = Sum.count((*cells, *domains.unknown))
            bounds.append(_bind(rule, members, domain, reach, low=None, high=high, wording=whole))
        else:
            bounds.append(_bind(rule, members, domain, Sum.count(cells), low=low, high=high, wording=whole))
    return tuple(bounds)


def compute_spread_quotas(rule: Spread, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    """What the rule would have where that moves nothing: exactly the largest remainder's parts."""
    known = candidates.get_eligible(members.group_names, rule.per).known
    return tuple(
        Bound(rule, members, Sum.count(known[domain]), low=quota, high=quota, domain=domain, wording=f"{quota}")
        for domain, quota in sorted(compute_quotas(rule.spread, members.wanted).items())
        if domain in known
    )


def _bind(  # noqa: PLR0913  # a bound's own parts
    rule: Spread, members: Members, domain: str, measure: Sum, *, low: int | None, high: int | None, wording: str
) -> Bound:
    return Bound(rule, members, measure, low=low, high=high, domain=domain, wording=wording)


def compute_ideal(parts: Mapping[str, int], wanted: int) -> Mapping[str, Fraction]:
    """Each domain's exact part of the wanted nodes."""
    whole = sum(parts.values())
    return {domain: Fraction(wanted * part, whole) for domain, part in parts.items()}


def compute_quotas(parts: Mapping[str, int], wanted: int) -> Mapping[str, int]:
    """Whole parts by the largest remainder (Hamilton 1792), ties in written order; they add up to `wanted`."""
    ideal = compute_ideal(parts, wanted)
    quotas = {domain: floor(part) for domain, part in ideal.items()}
    ranked = sorted(ideal, key=lambda domain: quotas[domain] - ideal[domain])
    for domain in ranked[: wanted - sum(quotas.values())]:
        quotas[domain] += 1
    return quotas
