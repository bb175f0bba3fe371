"""What people read, word for word: see tests/golden/README.md."""

import json
import shlex
import shutil
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from orchestrator.cli.options import print_text
from orchestrator.model.health import Observation
from orchestrator.reconcile.concentration import compute_concentration
from orchestrator.reconcile.outages import find_outages
from orchestrator.reconcile.review import review_lock
from orchestrator.reconcile.status import Look, Status
from orchestrator.reconcile.sync import compute_sync
from orchestrator.report.status import render_status
from orchestrator.workflows.check import measure
from orchestrator.workflows.inputs import Where, read_inputs
from tests.command_line import run_orchestrator

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/command"))
OBSERVATIONS = TypeAdapter(tuple[Observation, ...])
NOW = 1_800_000_000.0


@pytest.fixture
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the case to work in; its own folder is for reading."""
    monkeypatch.delenv("COLUMNS", raising=False)
    shutil.copytree(GOLDEN / "catalog", tmp_path / "catalog")
    folder: Path = shutil.copytree(GOLDEN / request.param, tmp_path / request.param)
    monkeypatch.chdir(folder)
    return folder


def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the case's command says, how it ends, what it has written new, and the lock where it is another."""
    if (folder / "observations.json").exists():
        return show_status(folder, capsys)
    before, there = read_lock_text(folder), {path.name for path in folder.iterdir()}
    ran = run_orchestrator(*shlex.split((folder / "command").read_text(encoding="utf-8")))
    after = read_lock_text(folder)
    parts = [ran.out, "--- stderr\n", ran.err, f"--- exit {ran.code}\n"]
    for path in sorted(folder.iterdir()):
        if path.name not in there and path.name != "fleet.lock":
            parts += [f"--- {path.name}\n", path.read_text(encoding="utf-8")]
    return "".join(line.rstrip() + "\n" for line in "".join(parts).splitlines()) + (
        f"--- fleet.lock\n{after}" if after != before else ""
    )


def read_lock_text(folder: Path) -> str:
    path = folder / "fleet.lock"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def show_status(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The status of the case's lock, as its machines were seen."""
    inputs = read_inputs(Where(Path("fleet.yaml"), catalog_only=Path("../catalog")))
    assert inputs.lock is not None
    seen = OBSERVATIONS.validate_python(json.loads((folder / "observations.json").read_text(encoding="utf-8")))
    verdicts = {verdict.machine: verdict for verdict in compute_sync(seen, inputs.lock)}
    alive = [verdict.machine for verdict in verdicts.values() if verdict.in_sync]
    status = Status(
        lock=inputs.lock,
        seen=Look({each.machine: each for each in seen}, verdicts),
        outages=find_outages(inputs.lock.machines, [each.machine for each in seen if each.error]),
        concentration=compute_concentration(inputs.situation, inputs.lock, alive),
        findings=review_lock(inputs.situation, inputs.lock),
        now=NOW,
        metrics=measure(inputs),
    )
    capsys.readouterr()
    print_text(render_status(status))
    return "".join(line.rstrip() + "\n" for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize("case", CASES, indirect=True)
def test_it_says_what_it_said(case: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
    said = run(case, capsys)
    expected = GOLDEN / case.name / "expected"
    if request.config.getoption("--renew-goldens"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")


def test_there_are_cases_of_every_kind() -> None:
    commands = {(GOLDEN / name / "command").read_text(encoding="utf-8").split()[0] for name in CASES}
    assert commands >= {"place", "check", "status", "rebalance"}
