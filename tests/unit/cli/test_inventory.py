"""check, simulate and import of an inventory on the command line: answers, exit codes, usage."""

import json
from pathlib import Path

import pytest

from tests.command_line import run_orchestrator
from tests.unit.inventories import CATALOG, make_cloud_row, write_inventory

CAP = "policy:\n  - {cap: 50%, per: provider}\n"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    return write_inventory(tmp_path, [make_cloud_row("a"), make_cloud_row("b", 1), make_cloud_row("c", 2)])


def test_check_without_rules_shows_and_finds_nothing(inventory: Path) -> None:
    ran = run_orchestrator("check", "--inventory", inventory, "--catalog-only", CATALOG, "--format", "json")
    assert ran.code == 0
    answer = json.loads(ran.out)
    shown = {each["kind"]: each for each in answer["distributions"]}
    assert shown["provider"]["domains"][0] == {"domain": "acme", "nodes": 2, "share": 0.6667, "stake": "2"}
    assert (shown["asn"]["unknown"], shown["asn"]["domains"]) == (3, [])
    assert answer["findings"] == []


def test_check_with_rules_says_which_do_not_hold(inventory: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(CAP)
    ran = run_orchestrator(
        *("check", "--inventory", inventory, "--policy", tmp_path / "rules.yaml", "--catalog-only", CATALOG)
    )
    assert ran.code == 1
    assert "rules.yaml:2:5: error: bitcoin, provider acme: 2 nodes" in ran.out


def test_simulate_of_several_at_once(inventory: Path) -> None:
    lose = ("--lose", "region=acme/north", "--lose", "client.node=btcd")
    ran = run_orchestrator("simulate", "--inventory", inventory, "--catalog-only", CATALOG, *lose, "--format", "json")
    [loss] = json.loads(ran.out)["losses"]
    assert loss["domains"] == ["region=acme/north", "client.node=btcd"]
    assert loss["nodes"] == ["a", "b", "c"]
    assert loss["tolls"] == [{"subject": "fleet", "lost": 3, "nodes": 3, "share": 1.0, "stake_share": 1.0}]


@pytest.mark.parametrize(
    ("lose", "words"),
    [
        ("country=FII", "no node is in country=FII (did you mean FI?)"),
        ("asn=1", "no node is in asn=1 (there are: none)"),
        ("client.node=btcdd", "no node is in client.node=btcdd (did you mean btcd?)"),
        ("contry=FI", "'contry' is no kind of domain"),
        ("client.=x", "'client.' is no kind of domain"),
        ("FI", "'FI' names no domain"),
    ],
)
def test_a_domain_that_no_node_is_in_is_an_error(lose: str, words: str, inventory: Path) -> None:
    ran = run_orchestrator("simulate", "--inventory", inventory, "--catalog-only", CATALOG, "--lose", lose)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


@pytest.mark.parametrize("command", ["check", "simulate"])
def test_a_policy_goes_with_an_inventory(command: str, tmp_path: Path) -> None:
    ran = run_orchestrator(command, tmp_path / "fleet.yaml", "--policy", "rules.yaml")
    assert ran.code == 2
    assert "--policy goes with --inventory" in ran.err


@pytest.mark.parametrize("command", ["check", "simulate"])
def test_rules_on_vcpus_need_to_know_them(command: str, inventory: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("policy:\n  - {cap: 50%, per: provider, by: vcpus}\n")
    ran = run_orchestrator(
        *(command, "--inventory", inventory, "--policy", tmp_path / "rules.yaml", "--catalog-only", CATALOG)
    )
    assert ran.code == 2
    assert "rules.yaml:2:5: cap 50% per provider counts vCPUs, and nodes of bitcoin have no number of them" in ran.err


@pytest.mark.parametrize("name", ["Bad Name", "", "x" * 41])
def test_import_wants_a_name(name: str, inventory: Path, tmp_path: Path) -> None:
    ran = run_orchestrator("import", tmp_path / "fleet.yaml", "--inventory", inventory, "--fleet", name)
    assert ran.code == 2
    assert "fleet" in ran.err
    assert not (tmp_path / "fleet.yaml").exists()


def test_import_says_which_machine_is_which(inventory: Path, tmp_path: Path) -> None:
    ran = run_orchestrator(
        *("import", tmp_path / "fleet.yaml", "--inventory", inventory, "--fleet", "mine"),
        *("--catalog-only", CATALOG, "--format", "json"),
    )
    assert ran.code == 0
    answer = json.loads(ran.out)
    assert answer["machines"] == {"a": "bitcoin-1.1", "b": "bitcoin-2.1", "c": "bitcoin-3.1"}
    assert [Path(file).name for file in answer["files"]] == ["fleet.yaml", "fleet.lock"]
