"""One controller at a time for a fleet. Each that takes the lease gets a higher token; a killed one lets go by itself.

On this computer the lease is a file lock. Beside it stands who holds it, and the last token. Every process that a
command starts carries the lease's mark in its environment, so that the next holder finds what a killed one left at
work, and ends it before it begins.

Other computers are kept off by the same words in the Pulumi backend that they share: orchestrator/adapters/claim.py.
"""

import fcntl
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from orchestrator.adapters.processes import end_marked, read_process
from orchestrator.model.base import Frozen
from orchestrator.model.errors import Busy

MARK = "ORCHESTRATOR_LEASE"  # an environment variable: the lease's folder


class Holder(Frozen):
    """Who holds a lease, or held it last. `started` is the process's own start time (adapters/processes.py)."""

    token: int
    host: str
    pid: int
    started: int | None
    command: str
    since: str
    released: bool = False

    def __str__(self) -> str:
        return f"orchestrator {self.command}, process {self.pid} on {self.host}, since {self.since}"

    @property
    def id(self) -> tuple[str, int, int | None]:
        """What tells this holder from every other."""
        return self.host, self.pid, self.started

    def release(self) -> "Holder":
        """The same, having let go."""
        return self.model_copy(update={"released": True})

    def is_dead(self) -> bool:
        """Whether the holder let go, or ran on this computer and runs no more; of other computers nobody knows."""
        if self.released:
            return True
        if self.host != socket.gethostname() or self.started is None:
            return False
        process = read_process(self.pid)
        return process is None or process.started != self.started


@dataclass
class Lease:
    """A lease that is held. What `at_release` is given is done when the command ends, unless it is killed."""

    holder: Holder
    record: Path
    take_over: bool = False
    _exit: ExitStack = field(default_factory=ExitStack)

    def raise_token(self, token: int) -> None:
        """Has the holder carry at least that token."""
        if token > self.holder.token:
            self.holder = self.holder.model_copy(update={"token": token})
            write_holder(self.record, self.holder)

    def at_release(self, work: Callable[[], None]) -> None:
        """Has `work` done when the lease is let go."""
        self._exit.callback(work)


@contextmanager
def hold_lease(folder: Path, command: str, *, take_over: bool = False) -> Iterator[Lease]:
    """Holds the fleet's lease, whose files are in `folder`; Busy where another command of this computer has it.

    What a killed holder left at work is ended first. `take_over` speaks of holders on other computers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "lease.json"
    with (folder / "lease").open("w") as file:
        last = read_holder(record)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise describe_busy(last) from None
        end_marked(MARK, str(folder))
        lease = Lease(describe_self(command, (last.token if last else 0) + 1), record, take_over)
        write_holder(record, lease.holder)
        with mark_children(folder):
            try:
                with lease._exit:  # noqa: SLF001  # its own module
                    yield lease
            finally:
                write_holder(record, lease.holder.release())


@contextmanager
def mark_children(folder: Path) -> Iterator[None]:
    """Within it, whatever this process starts carries the mark of the lease in `folder`."""
    before = os.environ.get(MARK)
    os.environ[MARK] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[MARK]
        else:
            os.environ[MARK] = before


def describe_busy(holder: Holder | None) -> Busy:
    """The refusal, with whom to wait for."""
    who = f": {holder}" if holder else ""
    return Busy(
        f"another orchestrator command is at work on this fleet{who}",
        hint="wait for it, or end it; what it has done is not lost",
    )


def describe_self(command: str, token: int) -> Holder:
    """This process as a holder, from now on."""
    own = read_process(os.getpid())
    return Holder(
        token=token,
        host=socket.gethostname(),
        pid=os.getpid(),
        started=own.started if own else None,
        command=command,
        since=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def read_holder(path: Path) -> Holder | None:
    """Who holds the lease or held it last; None where nobody ever did, or nobody can tell."""
    try:
        return Holder.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return None


def write_holder(path: Path, holder: Holder) -> None:
    """Writes it whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(holder.model_dump_json(), encoding="utf-8")
    draft.replace(path)
