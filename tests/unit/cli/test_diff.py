"""diff on the command line: commits, files and folders as sides."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator.cli.main import root
from orchestrator.model.errors import OrchestratorError
from tests.unit.repositories import Repository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A lock of six nodes on main, and one of seven in the working directory."""
    made = Repository(tmp_path)
    made.write()
    made.place()
    made.commit("first")
    made.edit("count: 6", "count: 7")
    made.place()
    monkeypatch.chdir(tmp_path)
    return made


def run(*arguments: str) -> str:
    told = CliRunner().invoke(root, ["diff", *arguments], catch_exceptions=False)
    assert told.exit_code == 0
    return told.stdout


@pytest.mark.parametrize("sides", [("main",), ("main", "."), ("main", "fleet.lock"), ("HEAD", "./fleet.lock")])
def test_a_commit_against_files(sides: tuple[str, ...], repository: Repository) -> None:
    assert run(*sides) == "btc-7.1: is new at alpha/north/north-1 on small, runs btcd\n"


def test_two_commits(repository: Repository) -> None:
    repository.commit("second")
    assert run("HEAD", "HEAD~1") == "btc-7.1: is gone from alpha/north/north-1, and nothing says why\n"
    assert run("HEAD", "HEAD") == ""
    assert run("HEAD~2", "HEAD~1").count(" is new at ") == 6  # a commit without a lock is an empty fleet


def test_the_json_form_has_the_revisions(repository: Repository) -> None:
    told = json.loads(run("main", "--format", "json"))
    assert told["before"] != told["after"]
    [change] = told["changes"]
    assert (change["kind"], change["subject"]) == ("added", "btc-7.1")


@pytest.mark.parametrize("side", ["no-such", "./no-such", "--", "catalog"])
def test_a_side_that_is_none_is_refused(side: str, repository: Repository) -> None:
    with pytest.raises(OrchestratorError):
        CliRunner().invoke(root, ["diff", "--", side, "main"], catch_exceptions=False)
