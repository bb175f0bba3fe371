"""Facts that rules ask for and nobody knows: how bad that is, and where to fill them in."""

from typing import Any

import pytest

from orchestrator.model.fleet import Fleet
from orchestrator.model.plan import MISSING, Finding
from orchestrator.model.site import Site
from orchestrator.model.source import Origin, Source
from orchestrator.policy.candidates import Candidates, Cell
from orchestrator.policy.missing import find_missing_facts
from tests.unit.placement.fleets import make_account, make_fleet, make_group, make_rule, make_zone


def build_fleet(*production: bool) -> Fleet:
    groups = [make_group(f"g{at}", 4, __production__=each) for at, each in enumerate(production)]
    return make_fleet([make_account("a")], groups)


def find(fleet: Fleet, source: Source | None = None, **rule: Any) -> list[Finding]:
    zone = make_zone("a", origin=Origin(source))
    place = Site(account="a", operator="a", zone=zone)
    cells = tuple(Cell(group.name, place.name) for group in fleet.groups)
    candidates = Candidates({place.name: place}, cells)
    given = {"cap": "100%", "per": "country", **rule}
    return list(find_missing_facts([make_rule(3, **given)], fleet, candidates, dict.fromkeys(cells, 2)))


def test_a_missing_fact_fails_production_networks_alone() -> None:
    assert [(found.rule, found.level) for found in find(build_fleet(True, False))] == [
        (MISSING, "error"),
        (MISSING, "warning"),
    ]


def test_one_production_group_is_enough_for_a_subject_of_several() -> None:
    (mixed,) = find(build_fleet(True, False), of="fleet")
    (tests,) = find(build_fleet(False, False), of="fleet")
    assert (mixed.level, mixed.value, tests.level) == ("error", "4 nodes", "warning")


def test_a_rule_that_only_warns_accepts_what_is_not_known() -> None:
    (finding,) = find(build_fleet(True), level="warning")
    assert finding.level == "warning"
    assert "level: warning" not in finding.message


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        (None, "; add country to a row of your own (--catalog), or give the rule level: warning"),
        (
            Source("sites.csv", 3),
            "; fill in country at sites.csv:3:1, or in a row of your own (--catalog), or give the rule level: warning",
        ),
        (Source("hosts.yaml", 7, 5), "; state country at hosts.yaml:7:5, or give the rule level: warning"),
    ],
)
def test_the_finding_says_where_to_fill_the_fact_in(source: Source | None, advice: str) -> None:
    (finding,) = find(build_fleet(True), source)
    assert finding.message.endswith(advice)
    assert "(a/r1/z1)" in finding.message


def test_the_finding_says_all_that_there_is_to_say() -> None:
    (finding,) = find(build_fleet(True), Source("hosts.yaml", 7, 5), name="cautious")
    assert finding == Finding(
        rule=MISSING,
        name="cautious",
        level="error",
        subject="g0",
        value="2 nodes",
        bound="a known country",
        message="g0: 2 nodes stand where the country is unknown (a/r1/z1): cautious counts them against every domain; "
        "state country at hosts.yaml:7:5, or give the rule level: warning",
        source=Source("fleet.yaml", 3),
    )
