"""Progress as a value: what a long command tells while it works."""

from collections.abc import Callable

from orchestrator.model.base import Frozen


class Progress(Frozen):
    """A subject (an account or a machine) took up a status. `phase` is the part of the command that it belongs to."""

    phase: str
    subject: str
    status: str


OnProgress = Callable[[Progress], None]
