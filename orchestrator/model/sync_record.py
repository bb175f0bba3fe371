"""When a new machine was first seen with nothing on it, and when it was in sync: what measured times are made of."""

from datetime import datetime, timedelta

from pydantic import AwareDatetime

from orchestrator.model.base import Frozen
from orchestrator.model.client import SyncMethod

# Someone looked soon enough before it was in sync: the moment is known to a tenth of the time that it took, or to
# minutes where it took no longer than it takes to configure a machine, which is when the first look is.
LARGEST_PART = 10
LARGEST_DOUBT = timedelta(minutes=5)


class SyncRecord(Frozen):
    """One machine. `methods` are how its clients, by name, came in sync on its `network`.

    `behind` is when it was last seen behind, `in_sync` when it was first seen in sync; None before that.
    """

    network: str
    methods: dict[str, SyncMethod]
    started: AwareDatetime
    behind: AwareDatetime | None = None
    in_sync: AwareDatetime | None = None

    def see(self, now: datetime, *, in_sync: bool) -> "SyncRecord":
        """The record after another look; what was in sync once is measured."""
        if self.in_sync is not None:
            return self
        return self.model_copy(update={"in_sync" if in_sync else "behind": now})

    @property
    def time(self) -> timedelta | None:
        """How long it took; None while it is not over, and where nobody looked when it was."""
        if self.in_sync is None:
            return None
        took, doubt = self.in_sync - self.started, self.in_sync - (self.behind or self.started)
        return took if timedelta(0) < took and doubt <= max(took / LARGEST_PART, LARGEST_DOUBT) else None


SyncRecords = dict[str, SyncRecord]
"""Records by machine id."""
