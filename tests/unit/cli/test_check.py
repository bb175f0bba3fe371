"""check on the command line: what counts, what is written, and how it ends."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.main import root
from tests.unit.repositories import SPEC, Repository

WARNING = "  - {name: countries, min_domains: 4, per: country, level: warning}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Two commits; then the cap is halved in the working directory, and nothing placed."""
    made = Repository(tmp_path)
    made.write()
    made.edit("control:\n", f"{WARNING}control:\n")
    made.edit("groups:", "  beta: {provider: umbrella}\ngroups:")
    made.place()
    made.commit("first")
    monkeypatch.chdir(tmp_path)
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["check", "--catalog-only", "catalog", *arguments])


def test_what_the_base_has_keeps_nothing_out(repository: Repository) -> None:
    repository.edit("cap: 100%", "cap: 50%")
    repository.commit("a breach lands")
    alone, compared, everything = (
        run(*each) for each in ((), ("--base", "HEAD"), ("--base", "HEAD", "--all-findings"))
    )
    assert [alone.exit_code, compared.exit_code, everything.exit_code] == [1, 0, 1]
    assert "(unchanged)" in compared.stdout
    assert compared.stderr.endswith("2 errors, 1 warning; new: 0 errors, 0 warnings; 0 fixed\n")
    assert "nothing changes" in compared.stdout


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 1), ("none", 0)])
def test_the_level_that_fails_is_said(level: str, code: int, repository: Repository) -> None:
    assert run("--fail-on", level).exit_code == code


def test_errors_fail_nobody_where_none_is_to(repository: Repository) -> None:
    repository.edit("cap: 100%", "cap: 50%")
    assert run("--base", "HEAD").exit_code == ExitCode.NOT_MET
    assert run("--base", "HEAD", "--fail-on", "none").exit_code == ExitCode.DONE


def test_reports_are_there_whole_before_the_command_ends(repository: Repository) -> None:
    repository.edit("cap: 100%", "cap: 50%")
    told = run("--base", "main", "--format", "json=told.json", "--format", "text=told.txt", "--format", "json")
    assert told.exit_code == ExitCode.NOT_MET
    found = json.loads(Path("told.json").read_text(encoding="utf-8"))
    assert found == json.loads(told.stdout)
    assert found["blocked"] is True
    assert {each["id"] for each in found["findings"] if each["became"] == "new"} == {"PLC001", "PLC102"}
    assert "against main at " in Path("told.txt").read_text(encoding="utf-8")
    assert [path.name for path in Path().glob(".told*")] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "json", "--format", "text"), "one form is printed"),
        (("--format", "pdf"), "'pdf' is no form"),
        (("--format", "json="), "names no file"),
        (("--write-baseline",), "goes with --baseline"),
        (("--base", "--output=x"), "is no name of a branch"),
        (("--base", "no-such"), "there is no branch, tag or commit no-such"),
        (("--base", "./no-such"), "there is no no-such"),
        (("--baseline", "no-such"), "no-such does not exist"),
        (("--baseline", "fleet.yaml"), "is no baseline"),
        (("--inventory", "x.csv", "--base", "main"), "compared with nothing"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], said: str, repository: Repository) -> None:
    command = [sys.executable, "-m", "orchestrator.cli.main", "check", "--catalog-only", "catalog", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said in done.stderr
    assert done.returncode == ExitCode.ERROR


def test_a_baseline_takes_out_what_was_there_and_no_stale_lock(repository: Repository) -> None:
    repository.edit("cap: 100%", "cap: 50%")
    assert run("--baseline", "known.json", "--write-baseline").exit_code == ExitCode.NOT_MET  # the lock is stale
    known = json.loads(Path("known.json").read_text(encoding="utf-8"))
    assert {each["rule"] for each in known["findings"]} == {"cap", "min_domains"}
    told = run("--baseline", "known.json", "--format", "json")
    excused = {each["rule"]: each["excuse"] for each in json.loads(told.stdout)["findings"]}
    assert excused["cap"]["file"] == "known.json"
    assert excused["cap"]["line"] == 4
    assert excused["spec"] is None


def test_another_folder_can_be_the_base(repository: Repository, tmp_path: Path) -> None:
    other = tmp_path / "main"
    other.mkdir()
    for name in ("fleet.yaml", "fleet.lock"):
        (other / name).write_bytes((tmp_path / name).read_bytes())
    repository.edit("cap: 100%", "cap: 50%")
    told = json.loads(run("--base", "./main", "--format", "json").stdout)
    assert told["base"] == "main"
    assert [each["became"] for each in told["findings"] if each["rule"] == "min_domains"] == ["unchanged"]
    assert json.loads(run("--base", "main", "--format", "json").stdout)["base"].startswith("main at ")  # the branch


def test_files_beside_the_spec_are_those_of_the_base(repository: Repository) -> None:
    Path("more.yaml").write_text("policy:\n  - {name: more, min_domains: 5, per: country}\n", encoding="utf-8")
    repository.edit("control:\n", "include: [more.yaml]\ncontrol:\n")
    repository.commit("a policy of our own")
    repository.edit("min_domains: 5", "min_domains: 1", Path("more.yaml"))
    told = json.loads(run("--base", "HEAD", "--format", "json").stdout)
    [fixed] = [each for each in told["findings"] if each["became"] == "fixed" and each["rule"] == "min_domains"]
    assert (fixed["file"], fixed["line"]) == ("more.yaml", 2)


def test_the_solver_is_not_loaded(repository: Repository) -> None:
    code = (
        "import sys; from orchestrator.cli.main import root\n"
        "root.main(['check', '--catalog-only', 'catalog', '--base', 'main'], standalone_mode=False)\n"
        "assert not {'highspy', 'numpy', 'pulumi', 'paramiko'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_spec_elsewhere_is_named_as_it_was_given(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.edit("cap: 100%", "cap: 50%")
    repository.commit("a breach lands")
    repository.edit("cap: 50%", "cap: 100%")
    repository.edit("fleet: demo", "# moved down\nfleet: demo")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    arguments = ["check", "../fleet.yaml", "--catalog-only", "../catalog", "--base", "HEAD", "--format", "json"]
    told = json.loads(CliRunner().invoke(root, arguments).stdout)
    places = {(each["rule"], each["became"]): (each["file"], each["line"]) for each in told["findings"]}
    assert places["cap", "fixed"][0] == "../fleet.yaml"
    unchanged = repository.find_line("min_domains: 4")
    assert places["min_domains", "unchanged"] == ("../fleet.yaml", unchanged)


@pytest.mark.slow
def test_a_thousand_nodes_are_compared_quickly(tmp_path: Path) -> None:
    """Processor time, since tests share the machine: a quarter more than what was measured is no failure."""
    made = Repository(tmp_path)
    made.write(SPEC.replace("count: 6", "count: 1000"))
    made.place()
    made.commit("first")
    made.edit("groups:", "  beta: {provider: umbrella}\ngroups:")
    made.edit("cap: 100%", "cap: 67%")
    made.place()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    command = [sys.executable, "-m", "orchestrator.cli.main", "check", "--catalog-only", "catalog", "--base", "HEAD"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "and 310 more machines" in done.stdout
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 1.5
