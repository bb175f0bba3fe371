"""The verdict on a change of a fleet of 13 nodes: with places, losses and pairs before and after, for the pictures."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from orchestrator.model.domain import Domain
from orchestrator.model.plan import Finding
from orchestrator.model.source import Source
from orchestrator.reconcile.blast_radius import BlastRadius, Toll
from orchestrator.reconcile.verdict import (
    Became,
    Excuse,
    Judged,
    MachineChange,
    MonthlyCost,
    PlaceCount,
    ShareChange,
    Side,
    Verdict,
)
from tests.unit.report.verdicts import rename

SIZES = {"fleet": 13, "group eth": 8}

PLACES = (
    PlaceCount("aws/eu-central-1", "DE", 50.1109, 8.6821, 3, 5),
    PlaceCount("aws/us-east-1", "US", 38.13, -78.45, 4, 4),
    PlaceCount("colo/cage", None, None, None, 1, 1),
    PlaceCount("gcp/asia-northeast1", "JP", 35.6895, 139.6917, 2, 0),
    PlaceCount("gcp/southamerica-east1", "BR", -23.5505, -46.6333, 0, 1),
    PlaceCount("hetzner/fsn1", "DE", 50.4779, 12.3713, 2, 2),
    PlaceCount("hetzner/hel1", "FI", 60.1699, 24.9384, 1, 0),
)


def make_finding(line: int = 19, level: str = "error", **fields: Any) -> Finding:
    facts = {
        "rule": "cap",
        "name": "no country has half",
        "subject": "fleet, country DE",
        "value": "7 nodes",
        "bound": "at most 6 of 13 nodes (50%)",
        "message": "fleet, country DE: 7 nodes, where no country has half asks for at most 6 of 13 nodes (50%)",
    }
    return Finding.model_validate({**facts, "level": level, "source": Source("fleet.yaml", line, 5), **fields})


def make_judged(finding: Finding, became: Became = "new", **fields: Any) -> Judged:
    return replace(Judged(finding, "PLC001", became, "0123456789abcdef"), **fields)


def make_radius(*domains: str, fleet: int, eth: int = 0, broken: tuple[Finding, ...] = ()) -> BlastRadius:
    """The loss of domains (KIND=VALUE) that takes so many nodes, and so many of the group eth."""
    lost = {"fleet": fleet, "group eth": eth}
    tolls = tuple(Toll(subject, number, SIZES[subject], None) for subject, number in lost.items() if number)
    names = tuple(f"{fleet}-{eth}-{number}" for number in range(fleet))
    return BlastRadius(tuple(map(Domain.parse, domains)), names, tolls, broken)


def make_side(amount: str, losses: tuple[BlastRadius, ...], pairs: tuple[BlastRadius, ...]) -> Side:
    return Side(13, losses[0], pairs[0], MonthlyCost(Decimal(amount), 1, "2026-01-31"), losses, pairs)


def make_moved_verdict(**fields: Any) -> Verdict:
    """Some nodes move into Germany, past a cap, and a signer moves with them."""
    few = make_finding(23, rule="min_nodes", message="group eth: 2 nodes, where min_nodes 4 asks for at least 4")
    worst = make_radius("provider=aws", fleet=9, eth=6, broken=(few,))
    facts: dict[str, Any] = {
        "fleet": "demo",
        "spec": "fleet.yaml",
        "base": "main",
        "findings": (
            make_judged(make_finding(), related=(Source("fleet.lock", 3), Source("fleet.lock", 9))),
            make_judged(make_finding(27, "warning", rule="skew", message="zones: 3 nodes apart")),
            make_judged(
                make_finding(31, message="excused one"),
                excuse=Excuse("moves back next week", "2026-12-31", Source("fleet.yaml", 40, 5)),
            ),
            make_judged(make_finding(35, message="known one"), "unchanged"),
            make_judged(make_finding(36, message="mended one"), "fixed"),
        ),
        "shares": (
            ShareChange("fleet", "continent", "Europe", Fraction(6, 13), Fraction(8, 13), None),
            ShareChange("group eth", "client.execution", "geth", Fraction(1, 2), Fraction(3, 8), Fraction(1, 2)),
            ShareChange("group eth", "client.execution", "besu", None, Fraction(5, 8), None, "stake"),
            ShareChange("fleet", "country", "US", Fraction(4, 13), Fraction(4, 13), Fraction(1, 2)),
            ShareChange("fleet", "country", "DE", Fraction(5, 13), Fraction(7, 13), Fraction(1, 2)),
            ShareChange("fleet", "country", "FI", Fraction(1, 13), Fraction(0), Fraction(1, 2)),
        ),
        "machines": (
            MachineChange("btc-3", "btc", "relocated", "gcp-1/asia-northeast1/a", "aws-1/eu-central-1/euc1-az1"),
            MachineChange("btc-8", "btc", "retired", "gcp-1/asia-northeast1/b", None),
            MachineChange("btc-9", "btc", "added", None, "gcp-1/southamerica-east1/b"),
            MachineChange("eth-2", "eth", "relocated", "h/hel1/hel1-dc2", "aws-1/eu-central-1/a", True, "its deletion"),
            MachineChange("eth-4", "eth", "client", "execution=geth", "execution=besu"),
        ),
        "before": make_side(
            "1204.50",
            (
                make_radius("provider=aws", fleet=7, eth=4),
                make_radius("operator=amazon", fleet=7, eth=4),
                make_radius("country=DE", fleet=5, eth=2),
                make_radius("country=US", fleet=4, eth=3),
                make_radius("client.execution=geth", fleet=4, eth=4),
            ),
            (make_radius("country=DE", "country=US", fleet=9, eth=5),),
        ),
        "after": make_side(
            "1311.20",
            (
                worst,
                replace(worst, domains=(Domain.parse("operator=amazon"),)),
                make_radius("country=DE", fleet=7, eth=3),
                make_radius("country=US", fleet=4, eth=3),
                make_radius("zone=hetzner/fsn1-dc14", fleet=1),
            ),
            (make_radius("country=DE", "country=US", fleet=11, eth=6),),
        ),
        "places": PLACES,
        "revision": "sha256:0123",
    }
    return Verdict(**{**facts, **fields})


def rename_moved(verdict: Verdict, name: str) -> Verdict:
    """The same verdict with every name and text from outside replaced, those of places and losses too."""
    before, after = (
        side and replace(side, losses=_rename(side.losses, name), pairs=_rename(side.pairs, name))
        for side in (verdict.before, verdict.after)
    )
    assert after
    places = tuple(replace(place, place=name, country=name) for place in verdict.places)
    return replace(rename(verdict, name), before=before, after=after, places=places, revision=name)


def _rename(radii: tuple[BlastRadius, ...], name: str) -> tuple[BlastRadius, ...]:
    return tuple(
        replace(
            radius,
            domains=tuple(Domain.model_construct(kind=name, value=name) for _ in radius.domains),
            tolls=tuple(replace(toll, subject=name) for toll in radius.tolls[:1]),
            broken=tuple(each.model_copy(update={"message": name}) for each in radius.broken),
        )
        for radius in radii
    )
