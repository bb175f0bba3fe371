"""One controller at a time, also when the one before was killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.adapters.lease import hold_lease
from orchestrator.model.errors import Busy

HOLD = """
import sys
from pathlib import Path
from orchestrator.adapters.lease import hold_lease
with hold_lease(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_holder_is_refused_and_a_later_one_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    with hold_lease(folder), pytest.raises(Busy, match="another orchestrator command"), hold_lease(folder):
        pytest.fail("held twice")
    with hold_lease(folder):
        pass


def test_an_error_inside_lets_go(tmp_path: Path) -> None:
    with pytest.raises(KeyError), hold_lease(tmp_path):
        raise KeyError("x")
    with hold_lease(tmp_path):
        pass


def test_two_fleets_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with hold_lease(tmp_path / "a"), hold_lease(tmp_path / "b"):
        pass


def test_a_killed_holder_lets_go_by_itself(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Busy), hold_lease(tmp_path):
            pytest.fail("held twice")
        holder.kill()
        holder.wait()
        with hold_lease(tmp_path):
            pass
