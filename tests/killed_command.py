"""Runs an orchestrator command that is killed, with its whole process group, when it comes to a given point.

`python -m tests.killed_command POINT.json ARGUMENT...` runs the command line in this process and watches its progress.
The point is the `nth` progress of `phase` whose status matches `status` (regular expressions), and from then on the
moment in which every glob of `until` has a match. Each progress is a line on stderr.
"""

import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import Any

from orchestrator.cli import down, rebalance, up
from orchestrator.cli.main import main
from orchestrator.model.progress import OnProgress, Progress

POLL_SECONDS = 0.01


@dataclass
class Killer:
    """Counts progress, and kills this process's group at the point."""

    phase: str
    status: str
    nth: int
    until: list[str]
    _lock: Any = field(default_factory=threading.Lock)

    def take(self, progress: Progress) -> None:
        with self._lock:
            sys.stderr.write(f"{progress.phase} {progress.subject} {progress.status}\n")
            sys.stderr.flush()
            if re.fullmatch(self.phase, progress.phase) and re.search(self.status, progress.status):
                self.nth -= 1
                if self.nth == 0:
                    self.kill()

    def kill(self) -> None:
        if self.until:
            threading.Thread(target=self.wait, daemon=True).start()
        else:
            os.killpg(0, signal.SIGKILL)

    def wait(self) -> None:
        while not all(map(glob, self.until)):
            time.sleep(POLL_SECONDS)
        os.killpg(0, signal.SIGKILL)

    @contextmanager
    def show(self) -> Iterator[OnProgress]:
        yield self.take


if __name__ == "__main__":
    killer = Killer(**json.loads(Path(sys.argv[1]).read_text()))
    for module in (up, rebalance, down):
        module.show_progress = killer.show  # type: ignore[attr-defined]
    sys.argv = ["orchestrator", *sys.argv[2:]]
    main()
