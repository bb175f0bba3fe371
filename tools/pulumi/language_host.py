"""The Python language host of a Pulumi CLI that was built from source: the gRPC service that starts Python programs.

The vendor's host is part of the release archive, but its Go module is not published apart from it. This is the part
of its job that `pulumi preview`, `up`, `refresh`, `destroy`, `install`, `about` and plug-ins written in Python ask for;
the contract is the LanguageRuntime service of the SDK's `language.proto`. The program is run by the SDK's own
`pulumi-language-python-exec`, which lies beside the launcher.

Runs as `python language_host.py EXEC_FOLDER [options] ENGINE_ADDRESS`, apart from this project: it is copied into the
tool chain, and imports only what the Pulumi SDK brings. The first line on stdout is the port.
"""

import importlib.util
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import types
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import grpc
from google.protobuf import empty_pb2

PROGRAM_SHOWED_ITS_ERROR = 32  # exit code of pulumi-language-python-exec (see its source)
PARENT_CHECK_S = 1.0
READ_BYTES = 65536
MAX_CALLS = 16
SUPPORTED_OPTIONS = {"virtualenv", "toolchain"}
LIST_DISTRIBUTIONS = """
import importlib.metadata
for distribution in importlib.metadata.distributions():
    print(distribution.metadata["Name"], distribution.version)
"""


def import_stubs(*names: str) -> list[Any]:
    """The SDK's generated modules `names`, without its package initialisers.

    These import the whole SDK, half a second of processor time that every engine command would pay.
    """
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(
            f"pulumi-language-python: {sys.executable} has no Pulumi SDK; run `make setup` in the checkout again"
        )
    folder = Path(next(iter(spec.submodule_search_locations)))
    for package, path in (
        ("pulumi", folder),
        ("pulumi.runtime", folder / "runtime"),
        ("pulumi.runtime.proto", folder / "runtime" / "proto"),
    ):
        module = types.ModuleType(package)
        module.__path__ = [str(path)]
        sys.modules[package] = module
    return [importlib.import_module(f"pulumi.runtime.proto.{name}") for name in names]


language_pb2, language_grpc, plugin_pb2 = import_stubs("language_pb2", "language_pb2_grpc", "plugin_pb2")


class UnsupportedOption(Exception):
    """The project asks for a runtime option that only the vendor's language host knows."""


class Interpreter(NamedTuple):
    """A Python to run a program with: its executable, and the virtual environment it belongs to, if any."""

    executable: str
    environment: Path | None

    def variables(self) -> dict[str, str]:
        """The process environment for programs of this interpreter, as `activate` would make it."""
        variables = dict(os.environ)
        if self.environment:
            variables["VIRTUAL_ENV"] = str(self.environment)
            variables["PATH"] = f"{self.environment / 'bin'}{os.pathsep}{variables.get('PATH', '')}"
            variables.pop("PYTHONHOME", None)
        return variables


def find_interpreter(root: str, options: Mapping[str, Any]) -> Interpreter:
    """The project's virtual environment (relative to its folder `root`), else the python3 that is first on PATH."""
    unknown = sorted(set(options) - SUPPORTED_OPTIONS)
    if unknown or options.get("toolchain", "pip") not in {"pip", "uv"}:
        asked = ", ".join(unknown) or f"toolchain: {options['toolchain']}"
        raise UnsupportedOption(
            f"the project asks for the runtime option {asked}, which this small Python language host does not know; "
            "install the vendor's Pulumi release, or take the option out of Pulumi.yaml"
        )
    name = options.get("virtualenv") or (".venv" if options.get("toolchain") == "uv" else None)
    if name:
        environment = Path(os.path.abspath(os.path.join(root, str(name))))  # noqa: PTH100, PTH118 - symlinks stay
        return Interpreter(str(environment / "bin" / "python"), environment)
    found = os.environ.get("PULUMI_PYTHON_CMD") or shutil.which("python3") or sys.executable
    return Interpreter(found, None)


class Children:
    """The programs that run now, so that none outlives the host."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()

    def start(self, command: list[str], **options: Any) -> "subprocess.Popen[bytes]":
        """Starts `command` with nothing on its standard input; `options` as for subprocess.Popen."""
        with self._lock:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
            self._running.add(child)
        return child

    def wait(self, child: "subprocess.Popen[bytes]") -> int:
        """The exit code of `child`, once it has ended."""
        code = child.wait()
        with self._lock:
            self._running.discard(child)
        return code

    def stop(self) -> None:
        """Asks every running program to end."""
        with self._lock:
            for child in self._running:
                child.terminate()


class PythonLanguageHost(language_grpc.LanguageRuntimeServicer):  # type: ignore[misc, name-defined] # imported by name above
    """Answers the engine: what a program needs, run it, run a plug-in."""

    def __init__(self, exec_folder: Path) -> None:
        self._exec = exec_folder / "pulumi-language-python-exec"
        self.children = Children()

    def Handshake(self, request: Any, context: Any) -> Any:
        """The engine's address is not needed: its end shows in the parent process."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """This host has no version of its own: it belongs to the CLI beside it."""
        return plugin_pb2.PluginInfo(version="")

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        """None beforehand: the engine asks for a plug-in when the program registers its first resource of it."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        """The older form of GetRequiredPackages."""
        return language_pb2.GetRequiredPluginsResponse()

    def About(self, request: Any, context: Any) -> Any:
        """Which Python runs the program."""
        interpreter = self._interpreter(request.info, context)
        version = self._ask(interpreter, "import platform; print(platform.python_version())")
        return language_pb2.AboutResponse(executable=interpreter.executable, version=version.strip())

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        """Every distribution that the program's Python has installed."""
        names = self._ask(self._interpreter(request.info, context), LIST_DISTRIBUTIONS)
        pairs = [line.split(" ", 1) for line in names.splitlines()]
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=version) for name, version in pairs]
        )

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        """Makes the project's virtual environment where it is missing, and installs its requirements.txt."""
        interpreter = self._interpreter(request.info, context)
        requirements = Path(request.info.program_directory) / "requirements.txt"
        if interpreter.environment and not Path(interpreter.executable).exists():
            yield from self._install([sys.executable, "-m", "venv", str(interpreter.environment)], context)
        if requirements.is_file():
            yield from self._install([interpreter.executable, "-m", "pip", "install", "-r", str(requirements)], context)

    def Run(self, request: Any, context: Any) -> Any:
        """Runs the program to its end; what it prints goes to the engine through this process's own streams."""
        interpreter = self._interpreter(request.info, context)
        flags = {
            "monitor": request.monitor_address,
            "engine": sys.argv[-1],
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization,
            "root_directory": request.info.root_directory,
            "pwd": request.pwd,
            "dry_run": "true" if request.dryRun else "false",
            "parallel": str(request.parallel),
        }
        command = [
            interpreter.executable,
            "-u",
            str(self._exec),
            *(f"--{flag}={value}" for flag, value in flags.items()),
        ]
        command += [request.info.entry_point, *request.args]
        variables = interpreter.variables() | {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        try:
            child = self.children.start(command, cwd=request.info.program_directory, env=variables)
        except OSError as error:
            return language_pb2.RunResponse(error=f"{interpreter.executable} could not be started: {error.strerror}")
        context.add_callback(child.terminate)  # does nothing once it has ended
        code = self.children.wait(child)
        if code == PROGRAM_SHOWED_ITS_ERROR:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program ended with exit code {code}" if code else "")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Runs a plug-in written in Python (a provider, a policy pack); streams its output, then its exit code."""
        interpreter = self._interpreter(request.info, context)
        program = Path(request.info.program_directory) / request.info.entry_point
        variables = interpreter.variables() | dict(pair.split("=", 1) for pair in request.env if "=" in pair)
        command = [interpreter.executable, "-u", str(program), *request.args]
        yield from self._stream(command, context, language_pb2.RunPluginResponse, cwd=request.pwd, env=variables)

    def Cancel(self, request: Any, context: Any) -> Any:
        """Ends what runs; the engine is told through the calls that wait for it."""
        self.children.stop()
        return empty_pb2.Empty()

    def _interpreter(self, info: Any, context: Any) -> Interpreter:
        try:
            return find_interpreter(info.root_directory, dict(info.options.items()))
        except UnsupportedOption as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
            raise  # abort raises; this line is for the reader

    def _ask(self, interpreter: Interpreter, code: str) -> str:
        answer = subprocess.run(
            [interpreter.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            env=interpreter.variables(),
        )
        return answer.stdout

    def _install(self, command: list[str], context: Any) -> Iterator[Any]:
        for message in self._stream(command, context, language_pb2.RunPluginResponse):
            if message.WhichOneof("output") != "exitcode":
                yield language_pb2.InstallDependenciesResponse(stdout=message.stdout, stderr=message.stderr)
            elif message.exitcode:
                context.abort(grpc.StatusCode.INTERNAL, f"{' '.join(command)} ended with exit code {message.exitcode}")

    def _stream(self, command: list[str], context: Any, response: Any, **options: Any) -> Iterator[Any]:
        """Runs `command`; yields what it prints on either stream as it comes, then its exit code."""
        child = self.children.start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        context.add_callback(child.terminate)  # does nothing once it has ended
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ, "stdout")  # type: ignore[arg-type] # they are pipes
            selector.register(child.stderr, selectors.EVENT_READ, "stderr")  # type: ignore[arg-type]
            while selector.get_map():
                for key, _ in selector.select():
                    chunk = os.read(key.fd, READ_BYTES)
                    if chunk:
                        yield response(**{key.data: chunk})
                    else:
                        selector.unregister(key.fileobj)
        yield response(exitcode=self.children.wait(child))


def serve(exec_folder: Path) -> None:
    """Serves on a free loopback port until SIGINT or SIGTERM, or until the engine that started this process is gone."""
    host = PythonLanguageHost(exec_folder)
    server = grpc.server(ThreadPoolExecutor(max_workers=MAX_CALLS))
    language_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    engine = os.getppid()
    server.start()
    print(port, flush=True)  # the engine reads it
    while not stopped.wait(PARENT_CHECK_S) and os.getppid() == engine:
        pass
    host.children.stop()
    server.stop(grace=None)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
