"""What was seen of a machine and its clients: values that probes return and status judges."""

from orchestrator.model.base import Frozen


class ClientHealth(Frozen):
    """What one client said of itself; None is what it did not say. `head_time` is in seconds since the epoch."""

    role: str
    client: str
    active: bool
    version: str | None = None
    height: int | None = None
    headers: int | None = None
    head_hash: str | None = None
    head_time: int | None = None
    peers: int | None = None
    error: str | None = None


class Observation(Frozen):
    """What was seen of one machine. `error` says why nothing could be seen; then all else is empty.

    `digest` is the configuration that the machine carries as last applied; `drifted` are managed files that no
    longer have the content that was written.
    """

    machine: str
    error: str | None = None
    boot_id: str | None = None
    digest: str | None = None
    drifted: tuple[str, ...] = ()
    clients: tuple[ClientHealth, ...] = ()
