"""The command line as people and scripts meet it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator import __version__
from orchestrator.cli.main import COMMANDS
from tests.command_line import run_orchestrator
from tests.unit.specs import SPEC, change, write_spec

REHEARSE = ["lose", "heal", "list", "env", "clean"]


@pytest.mark.parametrize(
    "command", [[], *([name] for name in COMMANDS), *(["rehearse", verb] for verb in REHEARSE)], ids=" ".join
)
def test_every_command_explains_itself(command: list[str]) -> None:
    ran = run_orchestrator(*command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert "Example: " in ran.out
    assert run_orchestrator(*command, "-h").out == ran.out
    if command != ["rehearse"] and len(command) < 2:
        assert "Exit codes: 0 " in " ".join(ran.out.split())


def test_help_lists_every_command_once() -> None:
    listed = re.findall(r"^  ([a-z]+)  ", run_orchestrator("--help").out, re.MULTILINE)
    assert listed == list(COMMANDS)


def test_the_version_is_the_packages() -> None:
    assert run_orchestrator("--version").out.strip() == f"orchestrator, version {__version__}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plaec"], "No such command 'plaec'"),
        (["place", "--dry-rnu"], "Did you mean '--dry-run'?"),
        (["place", "--fromat", "json"], "--format"),
        (["place", "--format", "xml"], "'xml' is not one of 'text', 'json'"),
        (["place", "--lose", "account"], "write KIND=VALUE, such as account=hetzner-b"),
        (["place", "--lose", "planet=earth"], "'planet' is no kind of failure domain; there are: operator, account"),
        (["place", "a", "b"], "Got unexpected extra argument"),
        (["up", "--wait", "-1"], "-1"),
        (["rehearse", "clean"], "name one rehearsal, or say --all"),
        (["rehearse", "lose"], "Missing argument"),
    ],
)
def test_wrong_usage_is_told_on_stderr(arguments: list[str], message: str) -> None:
    ran = run_orchestrator(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_help_and_check_load_no_solver_and_no_engine() -> None:
    code = (
        "import sys; sys.argv = ['orchestrator', 'check', '--help']\n"
        "from orchestrator.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('highspy', 'numpy', 'pulumi', 'ansible_runner', 'paramiko') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return write_spec(tmp_path)


def test_place_writes_the_lock_beside_the_spec_and_says_so(spec: Path) -> None:
    ran = run_orchestrator("place", spec)
    assert ran.code == 0
    assert re.search(r"fleet\.lock: revision [0-9a-f]{16}\n$", ran.err)
    again = run_orchestrator("place", spec)
    assert again.code == 0
    assert "nothing to change" in again.err
    assert run_orchestrator("check", spec).code == 0


def test_the_lock_may_be_elsewhere(spec: Path, tmp_path: Path) -> None:
    lock = tmp_path / "my.lock"
    assert run_orchestrator("place", spec, "--lock", lock).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fleet.yaml", "my.lock"]
    assert run_orchestrator("check", spec, "--lock", lock).code == 0


def test_a_dry_run_writes_nothing(spec: Path, tmp_path: Path) -> None:
    ran = run_orchestrator("place", spec, "--dry-run")
    assert ran.code == 0
    assert "add" in ran.out
    assert [path.name for path in tmp_path.iterdir()] == ["fleet.yaml"]
    run_orchestrator("place", spec)
    before = (tmp_path / "fleet.lock").read_bytes()
    write_spec(tmp_path, change(SPEC, "count: 4", "count: 6"))
    assert run_orchestrator("place", spec, "--dry-run").code == 0
    assert (tmp_path / "fleet.lock").read_bytes() == before


def test_what_cannot_be_placed_is_answered_with_no_and_no_lock(spec: Path, tmp_path: Path) -> None:
    write_spec(tmp_path, change(SPEC, "cap: 50%", "cap: 25%"))
    ran = run_orchestrator("place", spec, "--format", "json")
    told = json.loads(ran.out)
    assert (ran.code, told["status"], told["conflict"]) == (1, "infeasible", ["half"])
    assert not (tmp_path / "fleet.lock").exists()


def test_json_of_every_answer_parses(spec: Path) -> None:
    told = json.loads(run_orchestrator("place", spec, "--format", "json").out)
    assert told["status"] == "optimal"
    assert len(told["machines"]) == 4
    checked = json.loads(run_orchestrator("check", spec, "--format", "json").out)
    assert [finding["rule"] for finding in checked["findings"]] == ["control"]  # the spec does not say where state is
    assert re.fullmatch(r"[0-9a-f]{16}", checked["revision"])
    moved = json.loads(
        run_orchestrator("rebalance", spec, "--lose", "account=alpha", "--dry-run", "--format", "json").out
    )
    assert moved["relocations"] == 2


def test_a_lock_edited_by_hand_is_found_at_the_rule_it_breaks(spec: Path) -> None:
    run_orchestrator("place", spec)
    lock = spec.with_name("fleet.lock")
    text = lock.read_text()
    edited = (
        text.replace('"account": "beta"', '"account": "alpha"').replace("hel1-dc2", "fsn1-dc14").replace("hel1", "fsn1")
    )
    assert edited != text
    lock.write_text(edited)
    ran = run_orchestrator("check", spec)
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert any(line.startswith(f"{spec}:16:5: error: ") and line.endswith("[cap]") for line in lines)
    assert any(line.startswith(f"{spec}:1:1: error: the lock was edited") for line in lines)
    assert re.fullmatch(r"\d+ errors, 1 warning\n", ran.err)
    found = json.loads(run_orchestrator("check", spec, "--format", "json").out)["findings"]
    errors = [finding for finding in found if finding["level"] == "error"]
    assert {(finding["file"], finding["line"]) for finding in errors} == {(str(spec), 16), (str(spec), 1)}


def test_without_a_lock_there_is_nothing_to_check(spec: Path) -> None:
    ran = run_orchestrator("check", spec)
    assert ran.code == 2
    assert "there is no lock (run orchestrator place)" in ran.err


def test_up_without_a_project_says_what_is_missing(spec: Path) -> None:
    run_orchestrator("place", spec)
    ran = run_orchestrator("up", spec)
    assert ran.code == 2
    assert "no Pulumi.yaml beside" in ran.err
    assert "--rehearse" in ran.err


def test_data_is_deleted_under_the_fleets_own_name_alone(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    ran = run_orchestrator("down", spec, "--yes", "--delete-data", "--confirm", "dmeo")
    assert ran.code == 2
    assert "'dmeo' is not the fleet's name; nothing was deleted" in ran.err


def test_a_bug_of_ours_is_not_hidden(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr("orchestrator.cli.check.compare", fail)
    with pytest.raises(KeyError, match="ours"):
        run_orchestrator("check", spec)


def test_a_drain_shown_dry_moves_what_it_can(spec: Path, tmp_path: Path) -> None:
    write_spec(tmp_path, change(SPEC, "cap: 50%", "cap: 75%"))
    run_orchestrator("place", spec)
    before = (tmp_path / "fleet.lock").read_bytes()
    ran = run_orchestrator("rebalance", spec, "--drain", "account=alpha", "--dry-run", "--format", "json")
    told = json.loads(ran.out)
    assert (told["status"], told["relocations"]) == ("partial", 1)
    assert "drained: alpha/fsn1" in told["unplaced"][0]["why"]
    assert (tmp_path / "fleet.lock").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--drain", "account=alpha", "--cordon", "account=alpha"], "account=alpha is to drain and to cordon"),
        (["--drain", "account=alpah"], "the fleet has nothing in account=alpah"),
        (["--lose", "region=hetzner/fsn1", "--kind", "terminated"], "region=hetzner/fsn1 is no account"),
        (["--lose", "account=alpha", "--kind", "terminated", "--confirm", "beta"], "'beta' is not the account's name"),
        (["--lose", "account=alpha", "--kind", "compromised", "--confirm", "b"], "'b' is not the account's name"),
        (["--lose", "country=FI", "--kind", "api"], "country=FI has no API of its own"),
        (["--kind", "api"], "--kind says what became of what --lose names"),
        (["--lose", "account=alpha", "--kind", "banned"], "'banned' is not one of 'outage', 'api', 'terminated'"),
    ],
)
def test_a_rebalance_that_cannot_be_meant_changes_nothing(spec: Path, arguments: list[str], message: str) -> None:
    run_orchestrator("place", spec)
    before = spec.with_name("fleet.lock").read_bytes()
    ran = run_orchestrator("rebalance", spec, *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert spec.with_name("fleet.lock").read_bytes() == before
