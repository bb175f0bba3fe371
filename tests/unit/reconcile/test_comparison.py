"""The verdict on two locks: shares against the tightest cap, losses and cost of both, places, and the parent."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from orchestrator.model.source import Source
from orchestrator.reconcile.comparison import find_wrong_parent
from orchestrator.reconcile.verdict import ShareChange, Verdict
from orchestrator.workflows.compare import Demand, compare
from orchestrator.workflows.inputs import read_inputs
from tests.unit.machines import make_machine, make_small_lock
from tests.unit.repositories import NOW, Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Six nodes at one provider; then two of them at another, a client more, and two caps on it."""
    made = Repository(tmp_path)
    made.write()
    made.place()
    made.commit("first")
    made.edit("groups:", "  beta: {provider: umbrella}\ngroups:")
    made.edit(
        "  - {name: share, cap: 100%, per: provider}\n",
        "  - {name: share, cap: 67%, per: provider}\n"
        "  - {name: wide, below: 90%, per: provider}\n"
        "  - {name: stake, cap: 80%, per: country, by: stake, of: fleet}\n"
        "  - {name: client, cap: 100%, per: client.node}\n",
    )
    made.place()
    return made


@pytest.fixture
def verdict(repository: Repository) -> Verdict:
    return repository.check("HEAD")


def find_share(verdict: Verdict, subject: str, kind: str, domain: str) -> ShareChange:
    [share] = [each for each in verdict.shares if (each.subject, each.kind, each.domain) == (subject, kind, domain)]
    return share


def test_shares_stand_beside_the_tightest_cap(verdict: Verdict) -> None:
    umbrella = find_share(verdict, "btc", "provider", "umbrella")
    assert (umbrella.before, umbrella.after, umbrella.limit) == (Fraction(0), Fraction(1, 3), Fraction(67, 100))
    assert find_share(verdict, "btc", "client.node", "btcd").after == 1
    assert find_share(verdict, "fleet", "region", "acme/north").limit is None
    by = {(each.kind, each.by) for each in verdict.shares if each.subject == "fleet"}
    assert by == {("provider", "nodes"), ("region", "nodes"), ("country", "nodes"), ("country", "stake")}


def test_shares_of_each_question_add_up(verdict: Verdict) -> None:
    questions = {(each.subject, each.kind, each.by) for each in verdict.shares}
    for question in questions:
        found = [each for each in verdict.shares if (each.subject, each.kind, each.by) == question]
        assert sum(each.after or 0 for each in found) == 1
        assert sum(each.before or 0 for each in found) == 1


def test_a_subject_that_the_base_lacks_has_no_share_there(repository: Repository) -> None:
    verdict = repository.check("HEAD~1")
    assert verdict.before is None
    assert {each.before for each in verdict.shares} == {None}


def test_losses_cost_and_places_are_of_both_sides(verdict: Verdict) -> None:
    assert verdict.before is not None
    assert verdict.before.cost.amount == Decimal("240.00")
    assert verdict.after.cost.amount == 4 * Decimal("40.00") + 2 * Decimal("90.25")
    assert verdict.after.cost.priced_on == "2026-01-31"
    acme = [side.losses for side in (verdict.before, verdict.after)]
    shares = [radius.worst_share for side in acme for radius in side if str(radius.domains[0]) == "provider=acme"]
    assert shares == [1, Fraction(2, 3)]
    assert [(each.place, each.before, each.after) for each in verdict.places] == [
        ("acme/north", 6, 4),
        ("umbrella/west", 0, 2),
    ]
    assert verdict.after.worst == verdict.after.losses[0]


def test_a_region_that_the_spec_gives_up_is_still_on_the_map(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    sites = (
        "provider,region,zone,country,latitude,longitude\nacme,north,north-1,FI,60.2,24.9\nacme,south,south-1,IT,45,9\n"
    )
    (tmp_path / "catalog" / "sites.csv").write_text(sites, encoding="utf-8")
    repository.write()
    repository.edit("{provider: acme}", "{provider: acme, regions: [north]}")
    repository.place()
    repository.commit("first")
    repository.edit("regions: [north]", "regions: [south]")
    verdict = repository.check("HEAD")
    assert [(each.place, each.country, each.latitude, each.after) for each in verdict.places] == [
        ("acme/north", "FI", 60.2, 6)
    ]


def test_without_a_base_nothing_is_compared(repository: Repository) -> None:
    verdict = compare(read_inputs(repository.where), Demand(), NOW)
    assert (verdict.base, verdict.before, verdict.machines) == (None, None, ())
    assert {each.became for each in verdict.findings} <= {"new"}


def test_the_lock_descends_from_the_base_s() -> None:
    here = Source.at("fleet.lock")
    first = make_small_lock([make_machine("btc-1.1")])
    second = make_small_lock([make_machine("btc-2.1")], first)
    third = make_small_lock([make_machine("btc-3.1")], second)
    assert list(find_wrong_parent(first, first, here)) == []
    assert list(find_wrong_parent(first, third, here)) == []
    [finding] = find_wrong_parent(third, second, here)
    assert (finding.rule, finding.value, finding.bound) == ("parent", first.header.revision, third.header.revision)
    [orphan] = find_wrong_parent(second, first, here)
    assert orphan.value == "no parent"
