"""tools/setup.sh on machines that lack something: it says what, does the rest, and completes what was interrupted."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "tools" / "setup.sh"
COREUTILS = ("cat", "cksum", "cp", "date", "dirname", "find", "flock", "head", "mkdir", "mv", "rm", "sh", "tail")
REHEARSAL = ("make", "git", "ssh", "ip", "nft", "systemd-nspawn", "mmdebstrap", "unshare", "setsid", "gpg")
PYTHON = """#!/bin/sh
echo "$*" >> {log}
case "$*" in
*venv*--clear*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*requirements.lock*) [ ! -e broken ] || {{ echo "no space left"; exit 1; }} ;;
esac
"""


class Machine:
    """A checkout and a PATH that holds what a test puts on it; the python there writes down how it is called."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.programs = folder / "bin"
        self.log = folder / "calls"
        (self.checkout / "tools").mkdir(parents=True)
        (self.checkout / "orchestrator").mkdir()
        for name in ("requirements.lock", "pyproject.toml", "orchestrator/__init__.py"):
            (self.checkout / name).write_text("x")
        shutil.copy(SCRIPT, self.checkout / "tools")
        self.programs.mkdir()
        for name in COREUTILS:
            (self.programs / name).symlink_to(shutil.which(name) or name)
        for name in REHEARSAL:
            self.put(name)
        self.put("id", "echo 1000")
        self.put("uname", "echo Linux")
        self.put("python3", PYTHON.format(log=self.log))

    def put(self, name: str, body: str = "") -> None:
        path = self.programs / name
        path.write_text(body if body.startswith("#!") else f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def set_up(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        self.log.write_text("")
        command = [str(self.checkout / "tools" / "setup.sh"), *arguments]
        environment = {"PATH": str(self.programs), "HOME": str(self.checkout.parent)}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    def calls(self) -> list[str]:
        """What python was asked to do, its version checks apart."""
        return [line for line in self.log.read_text().splitlines() if not line.startswith("-c")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_first_run_does_all_and_the_second_asks_for_the_tool_chains_alone(machine: Machine) -> None:
    first = machine.set_up()
    assert first.returncode == 0, first.stderr
    calls = machine.calls()
    assert [next(word for word in ("venv", "lock", "-e .", "toolchains") if word in call) for call in calls] == [
        "venv",
        "lock",
        "-e .",
        "toolchains",
    ]
    assert "--require-hashes" in calls[1]
    assert " ... " not in machine.set_up().stdout
    assert machine.calls() == ["-m tools.toolchains"]


def test_changed_lock_is_installed_into_the_same_environment(machine: Machine) -> None:
    machine.set_up()
    (machine.checkout / "requirements.lock").write_text("y")
    assert machine.set_up().returncode == 0
    assert not any("--clear" in call for call in machine.calls())
    assert any("requirements.lock" in call for call in machine.calls())


def test_failed_step_names_its_log_and_the_next_run_completes_it(machine: Machine) -> None:
    (machine.checkout / "broken").touch()
    failed = machine.set_up()
    assert failed.returncode == 1
    assert "no space left" in failed.stderr
    log = machine.checkout / "build" / "setup.log"
    assert f"could not do this: Python packages of requirements.lock. All of its output: {log}." in failed.stderr
    assert "no space left" in log.read_text()
    (machine.checkout / "broken").unlink()
    assert machine.set_up().returncode == 0
    assert machine.calls()[-1] == "-m tools.toolchains"


def test_without_root_the_rest_is_done_and_what_is_missing_said(machine: Machine) -> None:
    (machine.programs / "mmdebstrap").unlink()
    done = machine.set_up()
    assert done.returncode == 0
    assert "not installed: mmdebstrap " in done.stdout
    assert "rehearsal machines will not run, all the rest works" in done.stdout
    assert machine.calls()[-1] == "-m tools.toolchains"


@pytest.mark.parametrize(("program", "answer"), [("id", "1000"), ("uname", "Darwin")])
def test_machines_need_root_on_linux_and_nothing_is_begun_without(machine: Machine, program: str, answer: str) -> None:
    machine.put("id", "echo 0")
    machine.put(program, f"echo {answer}")
    done = machine.set_up("machines")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "place and check still work" in done.stderr
    assert machine.calls() == []


def test_no_python_is_one_sentence(machine: Machine) -> None:
    (machine.programs / "python3").unlink()
    done = machine.set_up()
    assert done.returncode == 1
    assert "no Python 3.11 or newer" in done.stderr


def test_root_installs_what_is_missing_and_that_alone(machine: Machine) -> None:
    machine.put("id", "echo 0")
    machine.put("apt-get", f'echo "$*" >> {machine.checkout}/apt')
    (machine.programs / "nft").unlink()
    (machine.programs / "ip").unlink()
    assert machine.set_up("machines").returncode == 0
    lists, installed = (machine.checkout / "apt").read_text().splitlines()
    assert lists == "update"
    assert installed.startswith("install -y --no-install-recommends iproute2 nftables")
    assert "git" not in installed


def test_a_browser_is_installed_only_where_it_is_asked_for(machine: Machine) -> None:
    machine.put("id", "echo 0")
    machine.put("apt-get", f'echo "$*" >> {machine.checkout}/apt')
    (machine.checkout / "apt").write_text("")
    assert machine.set_up().returncode == 0
    assert "chromium" not in (machine.checkout / "apt").read_text()
    assert machine.set_up("browser").returncode == 0
    assert "chromium chromium-driver" in (machine.checkout / "apt").read_text().splitlines()[-1]
    machine.put("chromium")
    machine.put("chromedriver")
    (machine.checkout / "apt").write_text("")
    assert machine.set_up("browser").returncode == 0
    assert "chromium" not in (machine.checkout / "apt").read_text()


def test_without_root_a_browser_is_said_to_be_missing(machine: Machine) -> None:
    done = machine.set_up("browser")
    assert done.returncode == 0
    assert "tests of pages in a browser will not run" in done.stdout


def test_it_waits_for_another_run(machine: Machine) -> None:
    machine.set_up()
    with subprocess.Popen(["flock", machine.checkout / "build" / "setup.lock", "sleep", "0.5"]) as other:
        while (
            subprocess.run(
                ["flock", "--nonblock", machine.checkout / "build" / "setup.lock", "true"], check=False
            ).returncode
            == 0
        ):
            pass
        machine.set_up()
        assert other.poll() is not None
