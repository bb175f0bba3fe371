"""The Python language host, spoken to over gRPC as the engine does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from tools.pulumi.install_language_host import install_language_host

# A stand-in for the SDK's starter of programs: runs the program file with the flags in front of it in ARGV.
EXEC = """
import os, runpy, sys
program = sys.argv[-1]
runpy.run_path(os.path.join(os.getcwd(), program, "__main__.py"), run_name="__main__")
"""


class Host:
    """The running language host, for the project in `folder`."""

    def __init__(self, stub: Any, folder: Path) -> None:
        self.stub = stub
        self.folder = folder

    def info(self, **options: str) -> Any:
        values = struct_pb2.Struct()
        values.update(options)
        folder = str(self.folder)
        return language_pb2.ProgramInfo(
            root_directory=folder, program_directory=folder, entry_point=".", options=values
        )

    def run(self, program: str, **options: str) -> Any:
        (self.folder / "__main__.py").write_text(program)
        request = language_pb2.RunRequest(
            project="p", stack="s", pwd=str(self.folder), info=self.info(**options), dryRun=True, parallel=3
        )
        request.config["p:word"] = "hé"
        request.configSecretKeys.append("p:word")
        return self.stub.Run(request, timeout=20)


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    binaries = tmp_path_factory.mktemp("bin")
    install_language_host(binaries)
    (binaries / "pulumi-language-python-exec").write_text(EXEC)
    return binaries / "pulumi-language-python"


@pytest.fixture(scope="module")
def stub(launcher: Path) -> Iterator[Any]:
    environment = {**os.environ, "PULUMI_PYTHON_CMD": sys.executable}
    command = [str(launcher), "127.0.0.1:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            yield language_pb2_grpc.LanguageRuntimeStub(channel)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0


@pytest.fixture
def host(stub: Any, tmp_path: Path) -> Host:
    return Host(stub, tmp_path)


def test_program_runs_with_its_configuration(host: Host) -> None:
    answer = host.run(
        "import json, os, sys\n"
        "seen = {'argv': sys.argv[1:], 'config': json.loads(os.environ['PULUMI_CONFIG']),"
        " 'secret': json.loads(os.environ['PULUMI_CONFIG_SECRET_KEYS']), 'cwd': os.getcwd()}\n"
        "open('seen', 'w').write(repr(seen))\n"
    )
    assert (answer.error, answer.bail) == ("", False)
    seen = eval((host.folder / "seen").read_text())
    assert seen["config"] == {"p:word": "hé"}
    assert seen["secret"] == ["p:word"]
    assert seen["cwd"] == str(host.folder)
    assert {"--project=p", "--stack=s", "--dry_run=true", "--parallel=3", "--engine=127.0.0.1:1"} <= set(seen["argv"])


def test_exit_codes_become_answers(host: Host) -> None:
    assert host.run("raise SystemExit(32)").bail  # the program has shown its error itself
    assert "exit code 3" in host.run("raise SystemExit(3)").error


def test_virtual_environment_of_the_project_is_used(host: Host) -> None:
    (host.folder / "env" / "bin").mkdir(parents=True)
    python = host.folder / "env" / "bin" / "python"
    python.write_text(f'#!/bin/sh\necho "$VIRTUAL_ENV" > {host.folder}/used\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    assert host.run("", virtualenv="env").error == ""
    assert (host.folder / "used").read_text().strip() == str(host.folder / "env")


def test_missing_virtual_environment_is_named(host: Host) -> None:
    assert f"{host.folder}/none/bin/python could not be started" in host.run("", virtualenv="none").error


@pytest.mark.parametrize("options", [{"toolchain": "poetry"}, {"typechecker": "mypy"}])
def test_unknown_option_is_refused_with_what_to_do(host: Host, options: dict[str, str]) -> None:
    with pytest.raises(grpc.RpcError) as refusal:
        host.run("", **options)
    assert "take the option out of Pulumi.yaml" in refusal.value.details()


def test_plug_in_output_and_exit_code_are_streamed(host: Host) -> None:
    (host.folder / "__main__.py").write_text(
        "import os, sys\nprint(os.environ['WORD'], sys.argv[1])\nprint('bad', file=sys.stderr)\nraise SystemExit(7)\n"
    )
    request = language_pb2.RunPluginRequest(
        pwd=str(host.folder), args=["one"], env=["WORD=hello"], info=host.info(), kind="resource"
    )
    messages = list(host.stub.RunPlugin(request, timeout=20))
    assert b"".join(message.stdout for message in messages) == b"hello one\n"
    assert b"".join(message.stderr for message in messages) == b"bad\n"
    assert messages[-1].exitcode == 7


def test_about_and_dependencies_name_the_python_that_runs(host: Host) -> None:
    about = host.stub.About(language_pb2.AboutRequest(info=host.info()), timeout=20)
    assert about.version == ".".join(map(str, sys.version_info[:3]))
    packages = host.stub.GetProgramDependencies(
        language_pb2.GetProgramDependenciesRequest(info=host.info()), timeout=20
    )
    assert "pulumi" in {package.name for package in packages.dependencies}


def test_cancel_ends_the_program(host: Host) -> None:
    (host.folder / "__main__.py").write_text(f"import time\nopen('{host.folder}/up', 'w')\ntime.sleep(60)\n")
    call = host.stub.Run.future(language_pb2.RunRequest(pwd=str(host.folder), info=host.info()), timeout=20)
    while not (host.folder / "up").exists():
        time.sleep(0.02)
    host.stub.Cancel(empty_pb2.Empty())
    assert "exit code -15" in call.result().error


def test_host_and_program_end_with_the_engine(launcher: Path, host: Host) -> None:
    """An engine that is killed cannot say good-bye: its children notice."""
    (host.folder / "__main__.py").write_text(
        f"import os, time\nopen('{host.folder}/new', 'w').write(str(os.getpid()))\n"
        f"os.rename('{host.folder}/new', '{host.folder}/pid')\ntime.sleep(60)\n"
    )
    engine_code = (
        "import subprocess, sys, time\n"
        "host = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)\n"
        "print(host.pid, host.stdout.readline(), flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", engine_code, str(launcher), "127.0.0.1:1"]
    engine = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert engine.stdout
    host_pid, port = map(int, engine.stdout.readline().split())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = language_pb2_grpc.LanguageRuntimeStub(channel)
        _call = stub.Run.future(language_pb2.RunRequest(pwd=str(host.folder), info=host.info()), timeout=20)
        while not (host.folder / "pid").exists():
            time.sleep(0.02)
        engine.kill()
        engine.wait()
        pids = [host_pid, int((host.folder / "pid").read_text())]
        deadline = time.monotonic() + 10
        while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert [pid for pid in pids if is_alive(pid)] == []


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def orphan(tmp_path: Path) -> Path:
    """A launcher whose installing Python is gone; every program that stands for a Python prints its path."""
    install_language_host(tmp_path)
    launcher = tmp_path / "pulumi-language-python"
    launcher.write_text(launcher.read_text().replace(sys.executable, "/nowhere/python"))
    for folder in ("path", "named", "checkout/.venv/bin"):
        for name in ("python", "python3"):
            program = tmp_path / folder / name
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text(f'#!/bin/sh\necho "{folder} $*"\n')
            program.chmod(0o755)
    return launcher


@pytest.mark.parametrize(
    ("folder", "variables", "taken"),
    [
        (".", {}, "path"),
        ("checkout", {}, "checkout/.venv/bin"),
        ("checkout", {"ORCHESTRATOR_PYTHON": "named/python"}, "named"),
        ("checkout", {"ORCHESTRATOR_PYTHON": "gone/python"}, "checkout/.venv/bin"),
    ],
)
def test_the_launcher_takes_the_nearest_python_that_is_there(
    orphan: Path, folder: str, variables: dict[str, str], taken: str
) -> None:
    named = {name: str(orphan.parent / value) for name, value in variables.items()}
    environment = {"PATH": f"{orphan.parent}/path{os.pathsep}/usr/bin:/bin", **named}
    done = subprocess.run(
        [orphan, "engine"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=orphan.parent / folder,
        check=True,
        timeout=20,
    )
    assert done.stdout == f"{taken} {orphan.parent}/pulumi_language_python.py {orphan.parent} engine\n"
