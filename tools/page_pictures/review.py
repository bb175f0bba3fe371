"""The example's review: its base placed, the change placed on it, and the page that check writes of the change."""

import shutil
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "review"


def write_review(folder: Path) -> Path:
    """Places base and proposal of examples/review in `folder`, as people would, and checks; the page's path."""
    base, change = folder / "main", folder / "change"
    base.mkdir()
    change.mkdir()
    shutil.copy(EXAMPLE / "base.yaml", base / "fleet.yaml")
    run_orchestrator(folder, "place", "main/fleet.yaml", expected=0)
    shutil.copy(EXAMPLE / "proposed.yaml", change / "fleet.yaml")
    shutil.copy(base / "fleet.lock", change / "fleet.lock")
    run_orchestrator(folder, "place", "change/fleet.yaml", expected=1)  # a rule gives way: the lock is written
    check = (
        "check",
        "fleet.yaml",
        "--base",
        "../main/fleet.yaml",
        "--format",
        "html=check.html",
        "--format",
        "svg=svg",
    )
    run_orchestrator(change, *check, expected=1)
    return change / "check.html"


def run_orchestrator(folder: Path, *arguments: str, expected: int) -> None:
    """Runs the command line in `folder`; RuntimeError with all it said where it ends in another way."""
    command = [sys.executable, "-m", "orchestrator.cli.main", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != expected:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
