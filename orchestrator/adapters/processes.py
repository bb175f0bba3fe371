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
            if mark in (entry / "environ").read_bytes().split(b"\0") and int(entry.name) != os.getpid():
                process = read_process(int(entry.name))
                if process is not None:
                    yield process


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
