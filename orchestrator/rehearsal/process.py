"""The processes of rehearsal machines, found by what /proc says of them and never by a record alone."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from orchestrator.adapters.processes import PROC, Process, kill, read_process
from orchestrator.model.errors import RemoteFailure

LAUNCHER = Path(__file__).with_name("launch.sh")
ENGINE_PLUGINS = ("pulumi-resource-", "pulumi.dynamic", "orchestrator.rehearsal.plugin")
END_TIMEOUT_SECONDS = 20.0
POLL_SECONDS = 0.02


def is_launcher(arguments: tuple[str, ...], folder: Path) -> bool:
    """Whether a command line is that of a machine's launcher or of its systemd-nspawn, below `folder`."""
    launches = str(LAUNCHER) in arguments or (bool(arguments) and Path(arguments[0]).name == "systemd-nspawn")
    values = (argument.partition("=")[2] or argument for argument in arguments)
    return launches and any(is_below(value, folder) for value in values)


def has_disk_below(mountinfo: str, folder: Path) -> bool:
    """Whether a /proc/PID/mountinfo shows an overlay that writes below `folder`: the disk of one of its machines."""
    for line in mountinfo.splitlines():
        _, separator, rest = line.partition(" - overlay ")
        if separator and any(
            is_below(option.removeprefix("upperdir="), folder)
            for option in rest.split(" ")[-1].split(",")
            if option.startswith("upperdir=")
        ):
            return True
    return False


def is_engine_plugin(arguments: tuple[str, ...], environment: bytes, folder: Path) -> bool:
    """Whether a process is a plug-in of an engine whose home is below `folder`; it outlives a killed engine."""
    homes = (line.removeprefix("PULUMI_HOME=") for line in environment.decode(errors="replace").split("\0"))
    return any(mark in argument for argument in arguments for mark in ENGINE_PLUGINS) and any(
        is_below(home, folder) for home in homes
    )


def is_below(path: str, folder: Path) -> bool:
    """Whether `path` is `folder` or lies in it."""
    return path == str(folder) or path.startswith(f"{folder}/")


def find_processes(folder: Path) -> tuple[Process, ...]:
    """Every live process of the machines whose folders are `folder` or lie below it, sorted; launchers come first.

    With a world's own folder, the engine's plug-ins that work on the world are among them.
    """
    launchers: list[Process] = []
    others: list[Process] = []
    shows_disk = _make_namespace_check(folder)
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            arguments = tuple((entry / "cmdline").read_bytes().decode(errors="replace").split("\0"))
            ours = shows_disk(entry) or is_engine_plugin(arguments, (entry / "environ").read_bytes(), folder)
            kind = launchers if is_launcher(arguments, folder) else others if ours else None
            process = None if kind is None else read_process(int(entry.name))
            if kind is not None and process is not None:
                kind.append(process)
    return (*sorted(launchers), *sorted(others))


def _make_namespace_check(folder: Path) -> Callable[[Path], bool]:
    """Says of a /proc/PID whether its mount namespace shows a disk below `folder`; asks once a namespace."""
    own = Path("/proc/self/ns/mnt").readlink()
    known = {own: False}

    def shows_disk(entry: Path) -> bool:
        namespace = (entry / "ns" / "mnt").readlink()
        if namespace not in known:
            known[namespace] = has_disk_below((entry / "mountinfo").read_text(errors="replace"), folder)
        return known[namespace]

    return shows_disk


def end_processes(folder: Path) -> None:
    """Kills every process of the machines below `folder` as a power loss would, and waits until they are gone."""
    for left in _poll(lambda: find_processes(folder)):
        if not left:
            return
        for process in left:
            kill(process)
    raise RemoteFailure(f"processes of rehearsal machines below {folder} do not end", hint="see ps for state D")


def _poll(ask: Callable[[], tuple[Process, ...]]) -> Iterator[tuple[Process, ...]]:
    deadline = time.monotonic() + END_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        yield ask()
        time.sleep(POLL_SECONDS)
