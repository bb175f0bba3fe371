"""The CI files: documented, safe to hand values to, and of reports that there are."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from orchestrator.adapters.github_run import GithubRun, select_alerts
from orchestrator.adapters.gitlab_run import GitlabRun
from orchestrator.cli.ci import command as ci
from orchestrator.model.errors import OrchestratorError
from orchestrator.report.formats import FORMATS
from orchestrator.report.sarif import describe_log
from orchestrator.workflows.ci import find_run
from tests.unit.docs.pages import CHECKOUT, read_page
from tests.unit.report.verdicts import make_rich_verdict
from tests.unit.workflows.action import ACTION, HOOKS, read_action, read_template

LOCK = ACTION.parent / "requirements.lock"


def test_every_report_is_of_a_form_that_check_has() -> None:
    assert GithubRun({}).reports.keys() | GitlabRun({}).reports.keys() <= FORMATS.keys()


def test_scripts_hold_no_expressions() -> None:
    """A value from outside is text in a variable, never a part of a script."""
    for step in read_action()["runs"]["steps"]:
        assert "${{" not in step["run"]
    assert not any("$[[" in line for line in read_template()[1]["script"])


def test_the_action_installs_from_files_that_are_there() -> None:
    install = read_action()["runs"]["steps"][0]["run"]
    assert '"$HOME_OF_ACTION/requirements.lock"' in install
    own, whole = (
        set(re.findall(r"^\S+==\S+", path.read_text(), re.MULTILINE)) for path in (LOCK, CHECKOUT / LOCK.name)
    )
    assert own
    assert own <= whole, "make lock resolves both; they are to have the same versions"


def test_check_is_started_without_the_tokens() -> None:
    assert "GITHUB_TOKEN" in GithubRun({}).secrets
    assert {"ORCHESTRATOR_GITLAB_TOKEN", "CI_JOB_TOKEN"} <= GitlabRun({}).secrets


def test_the_hook_runs_where_the_fleet_s_files_change() -> None:
    [hook] = YAML(typ="safe").load(HOOKS)
    for name in ("fleet.yaml", "fleet.lock", "fleets/eu/hosts.yaml", "catalog/machines.csv"):
        assert re.search(hook["files"], name), name
    assert not re.search(hook["files"], "README.md")


def test_elsewhere_it_is_an_error() -> None:
    with pytest.raises(OrchestratorError, match="neither GitHub Actions nor GitLab CI"):
        find_run({})
    told = CliRunner().invoke(ci, ["--", "--fail-on", "none"])
    assert told.exit_code == 2
    assert "write the spec first" in told.output


def test_what_was_fixed_or_is_excused_is_no_alert() -> None:
    log = describe_log(make_rich_verdict())
    assert [each["ruleId"] for each in select_alerts(log)["runs"][0]["results"]] == [
        "PLC001",
        "PLC108",
        "PLC006",
        "PLC006",
    ]


def test_inputs_are_documented() -> None:
    page = read_page("ci.md")
    for name in (*read_action()["inputs"], *read_template()[0]):
        assert f"`{name}`" in page, name


def test_the_base_of_a_pull_request_and_of_a_merge_queue(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    for told, base in (
        ({"pull_request": {"base": {"sha": "a"}}}, "a"),
        ({"merge_group": {"base_sha": "b"}}, "b"),
        ({"before": "c"}, None),
        ([], None),
    ):
        event.write_text(json.dumps(told))
        assert GithubRun({"GITHUB_EVENT_PATH": str(event)}).find_base() == base
    assert GitlabRun({"CI_MERGE_REQUEST_DIFF_BASE_SHA": "d"}).find_base() == "d"
    assert GitlabRun({}).find_base() is None
