"""The steps of the CI files against hosts on loopback: one comment over three pushes, and silence without news."""

import gzip
import json
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from orchestrator.cli.check import command as check
from orchestrator.cli.place import command as place
from orchestrator.model.ci_run import COMMENT
from tests.unit.specs import SPEC, change
from tests.unit.workflows.action import ACTION, HOOKS, read_template, run_bash, run_job, run_step
from tests.unit.workflows.code_hosts import Host, serve_host

pytestmark = pytest.mark.slow  # each run is a process or two

TIGHT = change(SPEC, "cap: 50%", "cap: 25%")
TIGHTER = change(SPEC, "cap: 50%", "cap: 26%")


def git(folder: Path, *words: str) -> str:
    names = ["-c", "user.name=ann", "-c", "user.email=ann@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", *names, *words], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The lock of the spec."""
    folder = tmp_path_factory.mktemp("placed")
    (folder / "fleet.yaml").write_text(SPEC)
    assert CliRunner().invoke(place, [str(folder / "fleet.yaml")]).exit_code == 0
    return (folder / "fleet.lock").read_text()


@pytest.fixture
def folder(tmp_path: Path, placed: str) -> Path:
    """A clone with the fleet on main, and a branch of it."""
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / "fleet.yaml").write_text(SPEC)
    (folder / "fleet.lock").write_text(placed)
    git(folder, "init", "-q")
    push(folder, "first")
    git(folder, "checkout", "-q", "-b", "change")
    return folder


def push(folder: Path, message: str) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)


def list_messages(folder: Path) -> str:
    return (folder / "check-reports" / COMMENT).read_text()


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def github(host: Host, folder: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a run on the pull request."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "base": {"sha": git(folder, "rev-parse", "main")}}}))
    with serve_host(host) as address:
        yield {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": address,
            "GITHUB_REPOSITORY": "acme/fleet",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_SHA": "0" * 40,
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        }


def run_check(
    folder: Path, environment: Mapping[str, str], inputs: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return run_step("Check", folder, folder.parent, inputs or {}, environment)


def test_one_comment_over_three_pushes(host: Host, folder: Path, github: dict[str, str], tmp_path: Path) -> None:
    (folder / "fleet.yaml").write_text(TIGHT)
    push(folder, "a cap that the lock does not keep to")
    first = run_check(folder, github)
    assert first.returncode == 1, first.stderr
    assert "wrote the comment" in first.stderr
    push(folder, "nothing new")
    second = run_check(folder, github)
    assert second.returncode == 1
    assert "the comment says it already" in second.stderr
    (folder / "fleet.yaml").write_text(SPEC)
    push(folder, "as it was")
    third = run_check(folder, github)
    assert third.returncode == 0, third.stderr
    assert "updated the comment" in third.stderr
    assert host.writes == ["POST", "PATCH"]
    assert len(host.bodies) == 1
    assert "nothing changes for the fleet" in host.bodies[0]
    assert (tmp_path / "summary.md").read_text().count("<!-- orchestrator check") == 3


def test_a_change_without_news_gets_no_comment(host: Host, folder: Path, github: dict[str, str]) -> None:
    (folder / "README.md").write_text("about this fleet\n")
    push(folder, "a readme")
    done = run_check(folder, github)
    assert done.returncode == 0, done.stderr
    assert host.writes == []


def test_annotations_stand_at_their_lines_and_nothing_else_is_a_command(folder: Path, github: dict[str, str]) -> None:
    (folder / "fleet.yaml").write_text(change(TIGHT, "name: half", 'name: "::error file=x::owned"'))
    lines = run_check(folder, github).stdout.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("::stop-commands::"))
    end = lines.index(f"::{lines[begin].removeprefix('::stop-commands::')}::")
    outside = [line for line in (*lines[:begin], *lines[end + 1 :]) if line.startswith("::")]
    assert outside
    assert all(re.match(r"::(error|warning) file=fleet\.yaml,line=\d+,col=\d+,title=PLC\d+ ", line) for line in outside)


def test_alerts_are_uploaded_where_wanted(host: Host, folder: Path, github: dict[str, str]) -> None:
    (folder / "fleet.yaml").write_text(TIGHT)
    run_check(folder, github)
    assert host.sarifs == []
    run_check(folder, github, {"upload-sarif": "true"})
    [upload] = host.sarifs
    assert (upload["commit_sha"], upload["ref"]) == ("0" * 40, "refs/pull/7/merge")
    log = json.loads(gzip.decompress(b64decode(upload["sarif"])))
    assert "PLC001" in [result["ruleId"] for result in log["runs"][0]["results"]]


def test_a_fork_s_run_may_not_comment_and_is_judged_all_the_same(
    host: Host, folder: Path, github: dict[str, str]
) -> None:
    host.refused = frozenset({"POST"})
    (folder / "fleet.yaml").write_text(change(SPEC, "count: 4", "count: 5"))
    done = run_check(folder, github, {"fail-on": "none"})
    assert done.returncode == 0, done.stderr
    assert "::warning::POST" in done.stdout
    assert "has the token the permission for it?" in done.stdout


def test_a_host_that_is_down_is_an_exit_code_of_its_own(folder: Path, github: dict[str, str]) -> None:
    (folder / "fleet.yaml").write_text(change(SPEC, "count: 4", "count: 5"))
    done = run_check(folder, {**github, "GITHUB_API_URL": "ftp://nowhere"}, {"fail-on": "none"})
    assert done.returncode == 3


def test_a_mistake_in_the_spec_is_told_in_the_comment(host: Host, folder: Path, github: dict[str, str]) -> None:
    (folder / "fleet.yaml").write_text(change(SPEC, "count: 4", "count: four"))
    done = run_check(folder, github)
    assert done.returncode == 2
    [body] = host.bodies
    assert "could not be checked" in body
    assert "fleet&#46;yaml&#58;11&#58;12" in body
    (folder / "fleet.yaml").write_text(TIGHT)
    assert run_check(folder, github).returncode == 1
    [body] = host.bodies
    assert "keep this change out" in body


def test_what_a_pull_request_puts_into_its_folder_is_not_run(folder: Path, github: dict[str, str]) -> None:
    for name in ("orchestrator.py", "click.py", "json.py", "sitecustomize.py"):
        (folder / name).write_text("raise SystemExit('owned')\n")
    done = run_check(folder, github)
    assert "owned" not in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["spec", "catalog", "baseline", "fail-on", "reports"])
def test_no_input_is_run_by_the_shell(name: str, folder: Path, github: dict[str, str]) -> None:
    hostile = "$(touch owned) `touch owned`; touch owned; '\" * --help"
    done = run_check(folder, github, {name: hostile})
    assert not list(folder.rglob("owned"))
    assert done.returncode == (0 if name == "reports" else 2), done.stderr
    if name in read_template()[0]:
        job = run_job(folder, folder.parent, {name: hostile}, {"GITLAB_CI": "true"})
        assert not list(folder.rglob("owned"))
        assert job.returncode == 2, job.stderr


def test_check_needs_no_package_that_the_action_does_not_install(folder: Path) -> None:
    code = """
import sys
from importlib.metadata import packages_distributions
from click.testing import CliRunner
from orchestrator.cli.check import command
from orchestrator.cli.ci import command as _
from orchestrator.report.formats import FORMATS
forms = [word for form in FORMATS for word in ("--format", f"{form}=report.{form}")]
assert CliRunner().invoke(command, ["--base", "main", *forms]).exit_code == 0
known = packages_distributions()
print(*{name for module in list(sys.modules) for name in known.get(module.partition(".")[0], [])})
"""
    done = run_bash('"$PYTHON" -c "$CODE"', folder, {"PYTHON": sys.executable, "CODE": code})
    own = {"node-orchestrator", "setuptools"}  # the latter is what every environment begins with
    used = {name.lower().replace("_", "-").replace(".", "-") for name in done.stdout.split()} - own
    assert "click" in used, done.stderr
    lock = (ACTION.parent / "requirements.lock").read_text()
    assert used - set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE)) == set()


def test_a_push_to_a_branch_has_no_base_and_no_comment(
    host: Host, folder: Path, github: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "event.json").write_text("{}")
    done = run_check(folder, github)
    assert done.returncode == 0, done.stderr
    assert host.calls == []


def test_gitlab_s_job_writes_one_note_and_leaves_its_reports(host: Host, folder: Path) -> None:
    (folder / "fleet.yaml").write_text(TIGHT)
    push(folder, "a cap that the lock does not keep to")
    with serve_host(host) as address:
        job = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": address,
            "CI_PROJECT_ID": "11",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(folder, "rev-parse", "main"),
            "ORCHESTRATOR_GITLAB_TOKEN": "secret",
        }
        done = [run_job(folder, folder.parent, {}, job) for _ in range(2)]
        (folder / "fleet.yaml").write_text(TIGHTER)
        done.append(run_job(folder, folder.parent, {"fail-on": "none"}, job))
    assert [each.returncode for each in done] == [1, 1, 0], done[-1].stderr
    assert host.writes == ["POST", "PUT"]
    _, template = read_template()
    for report in template["artifacts"]["reports"].values():
        assert (folder / report).exists()


def test_the_hook_s_command_refuses_a_lock_that_does_not_hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [hook] = YAML(typ="safe").load(HOOKS)
    assert hook["entry"].split() == ["orchestrator", "check"]
    monkeypatch.chdir(folder)
    assert CliRunner().invoke(check, []).exit_code == 0
    Path("fleet.yaml").write_text(TIGHT)
    assert CliRunner().invoke(check, []).exit_code == 1
