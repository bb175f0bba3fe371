"""Processes of this computer by what /proc says of them: one is never taken for another that got its number later.

Where there is no /proc (macOS), none is found.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestrator.model.errors import RemoteFailure

PROC = Path("/proc")
END_TIMEOUT_SECONDS = 20.0
POLL_SECONDS = 0.02
MOST_LOOKS = 5  # at one that has no variables: nearly all have some, so this is hardly ever waited for


@dataclass(frozen=True, order=True)
class Process:
    """A process by its id and its start time (clock ticks since boot), which together are never used twice."""

    pid: int
    started: int


def read_process(pid: int) -> Process | None:
    """The process of that id as it is now; None where there is none, or only a zombie of it."""
    try:
        return parse_stat((PROC / str(pid) / "stat").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return None


def parse_stat(text: str) -> Process | None:
    """The process that a /proc/PID/stat describes; None for one that is dead (proc(5): states Z and X)."""
    # The second field, the program's name in parentheses, may hold anything, parentheses and blanks too.
    pid = int(text.split(" ", 1)[0])
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in ("Z", "X") else Process(pid=pid, started=int(fields[19]))


def find_marked(variable: str, value: str) -> Iterator[Process]:
    """Every other living process that was started with the variable set to `value`, by whomever."""
    mark = f"{variable}={value}".encode()
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if mark in read_environment(entry).split(b"\0") and int(entry.name) != os.getpid():
                process = read_process(int(entry.name))
                if process is not None:
                    yield process


def read_environment(entry: Path) -> bytes:
    """The variables of a process, from its folder in /proc.

    They are empty for a moment while it starts another program (execve(2)), and always in the kernel's own threads.
    """
    found = (entry / "environ").read_bytes()
    for _ in range(MOST_LOOKS):
        if found or is_kernel_thread(entry):
            break
        time.sleep(POLL_SECONDS)
        found = (entry / "environ").read_bytes()
    return found


def is_kernel_thread(entry: Path) -> bool:
    """Whether a folder in /proc is of one of the kernel's own threads: they have no program."""
    try:
        (entry / "exe").readlink()
    except FileNotFoundError:
        return True
    return False


def kill(process: Process) -> None:
    """Ends the process at once; nothing happens where it is gone."""
    if read_process(process.pid) == process:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def end_marked(variable: str, value: str) -> int:
    """Ends every process that `find_marked` finds, children that they start meanwhile too; how many there were."""
    ended: set[Process] = set()
    deadline = time.monotonic() + END_TIMEOUT_SECONDS
    while left := set(find_marked(variable, value)):
        if time.monotonic() > deadline:
            listed = ", ".join(str(process.pid) for process in sorted(left))
            raise RemoteFailure(f"processes of an earlier, killed command do not end: {listed}", hint="see ps, state D")
        for process in left:
            kill(process)
        ended |= left
        time.sleep(POLL_SECONDS)
    return len(ended)
