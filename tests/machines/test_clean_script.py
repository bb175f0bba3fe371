"""tools/clean.sh, the way back without .venv: it removes a running world, and nothing of anybody else."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.rehearsal.machine import create_machine
from orchestrator.rehearsal.process import find_processes
from orchestrator.rehearsal.world import World

pytestmark = pytest.mark.machines

SCRIPT = Path(__file__).parents[2] / "tools" / "clean.sh"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with what the project leaves in one, and a file of the user's."""
    folder = tmp_path / "checkout"
    for name in ("tools", ".venv/bin", "build", "pack/__pycache__", ".git/__pycache__", "docs"):
        (folder / name).mkdir(parents=True)
    shutil.copy(SCRIPT, folder / "tools")
    (folder / "docs" / "mine.md").touch()
    return folder


@pytest.mark.usefixtures("base_image")
def test_world_goes_and_bystanders_stay(
    world: World, make_spec: Callable[..., Any], checkout: Path, tmp_path: Path
) -> None:
    reach = make_spec("one")
    create_machine(world, reach.spec)
    assert reach.ask("cat /proc/sys/kernel/hostname") == "one"
    cache = tmp_path / "cache" / "node-orchestrator"
    (cache / "mounted").mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", cache / "mounted"], check=True)
    other = tmp_path / "cache" / "another-program"
    other.mkdir()
    console = world.folder / "machines"
    # Somebody reads in our folders: tail is no program of ours. The forgotten helper is a python that works in them.
    reader = subprocess.Popen(["tail", "-f", "/dev/null", world.folder / "world.json"], stderr=subprocess.DEVNULL)
    helper = subprocess.Popen([shutil.which("python3") or "python3", "-c", "import time; time.sleep(60)"], cwd=console)
    try:
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
        done = subprocess.run(
            [checkout / "tools" / "clean.sh"], capture_output=True, text=True, env=environment, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert helper.wait(timeout=5) == -9
        assert reader.poll() is None
    finally:
        for process in (reader, helper):
            process.kill()
            process.wait()
    assert find_processes(world.folder) == ()
    assert not (Path("/sys/class/net") / world.bridge).exists()
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
    assert not cache.exists()
    assert not (tmp_path / "state" / "node-orchestrator").exists()
    assert other.exists()
    left = {str(path.relative_to(checkout)) for path in checkout.rglob("*")}
    assert left == {"tools", "tools/clean.sh", "docs", "docs/mine.md", "pack", ".git", ".git/__pycache__"}
