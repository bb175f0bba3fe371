"""The lines of the lock that findings are about."""

from pathlib import Path

import pytest

from orchestrator.reconcile.related import MOST_RELATED
from orchestrator.reconcile.verdict import Verdict
from orchestrator.workflows.compare import Demand, compare
from orchestrator.workflows.inputs import read_inputs
from tests.unit.repositories import NOW, SPEC, Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.write()
    made.edit("groups:", "  beta: {provider: umbrella}\ngroups:")
    made.place()
    return made


def check(repository: Repository) -> Verdict:
    return compare(read_inputs(repository.where), Demand(), NOW)


def find_nodes(repository: Repository, verdict: Verdict, rule: str) -> list[str]:
    """The nodes that stand in the related lines of the rule's findings."""
    lines = repository.where.lock_path.read_text(encoding="utf-8").split("\n")
    related = [source for each in verdict.findings if each.finding.rule == rule for source in each.related]
    assert {source.file for source in related} <= {str(repository.where.lock_path)}
    return [lines[source.line - 1].partition('"node": "')[2].partition('"')[0] for source in related]


@pytest.mark.parametrize(
    "rule",
    ["{cap: 50%, per: provider}", "{deny: [acme/north], per: region}", "{deny: [btcd], per: client.node}"],
)
def test_a_rule_s_finding_has_the_machines_of_its_domain(rule: str, repository: Repository) -> None:
    repository.edit("{name: share, cap: 100%, per: provider}", rule)
    verb = rule[1:].partition(":")[0]
    assert find_nodes(repository, check(repository), verb) == [f"btc-{number}" for number in range(1, 7)]


def test_a_finding_on_a_machine_has_its_line(repository: Repository) -> None:
    lock = repository.where.lock_path
    lines = lock.read_text(encoding="utf-8").split("\n")
    lines[3] = lines[3].replace('"alpha"', '"omega"')
    lock.write_text("\n".join(lines), encoding="utf-8")
    assert find_nodes(repository, check(repository), "account") == ["btc-3"]


def test_no_finding_has_more_lines_than_are_read(tmp_path: Path) -> None:
    made = Repository(tmp_path)
    made.write(SPEC.replace("count: 6", "count: 60"))
    made.place()
    made.edit("cap: 100%", "cap: 10%")
    [cap] = [each for each in check(made).findings if each.finding.rule == "cap"]
    assert len(cap.related) == MOST_RELATED
