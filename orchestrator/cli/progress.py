"""Progress on stderr: one live table on a terminal, a line for each change of a status elsewhere."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from orchestrator.model.progress import OnProgress, Progress

REFRESHES_PER_SECOND = 4
QUIET_SECONDS = 2.0  # without a terminal a subject is not named more often than this


@contextmanager
def show_progress() -> Iterator[OnProgress]:
    """A function that takes progress, while a command runs; safe to call from any thread."""
    if not sys.stderr.isatty():
        yield _LinePrinter().take
        return
    console = Console(stderr=True, highlight=False)
    board = _Board()
    with Live(board, console=console, refresh_per_second=REFRESHES_PER_SECOND, transient=True):
        yield board.take


class _LinePrinter:
    """For logs: a line when a subject enters a phase, and no oftener than every two seconds after that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self._last: dict[tuple[str, str], tuple[str, float]] = {}

    def take(self, progress: Progress) -> None:
        now = time.monotonic()
        with self._lock:
            status, at = self._last.get((progress.phase, progress.subject), ("", -QUIET_SECONDS))
            if progress.status == status or now - at < QUIET_SECONDS:
                return
            self._last[progress.phase, progress.subject] = (progress.status, now)
            line = f"{now - self._start:6.1f} s  {progress.phase:<10} {progress.subject:<14} {progress.status}\n"
            sys.stderr.write(line)
            sys.stderr.flush()


class _Board:
    """For terminals: a row a subject, with the phase and status that it is in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self._rows: dict[str, Progress] = {}

    def take(self, progress: Progress) -> None:
        with self._lock:
            self._rows[progress.subject] = progress

    def __rich__(self) -> Table:
        with self._lock:
            rows = list(self._rows.values())
        table = Table(box=None, pad_edge=False, title_justify="left", title=f"{time.monotonic() - self._start:.0f} s")
        for column in ("subject", "phase", "status"):
            table.add_column(column, no_wrap=True, overflow="ellipsis")
        for row in rows:
            table.add_row(row.subject, row.phase, row.status)
        return table
