"""What was seen of a machine and its clients: values that probes return and status judges."""

from typing import Annotated

from pydantic import Field

from orchestrator.model.base import Frozen

# The name that a client's own key gives it among its peers. It becomes part of other machines' settings, so it is held
# to letters and digits: a machine that was broken into must not write into the command lines of others.
PeerIdentity = Annotated[str, Field(pattern=r"^[0-9A-Za-z]+$", max_length=160)]


class ClientHealth(Frozen):
    """What one client said of itself; None is what it did not say. `head_time` is in seconds since the epoch.

    `follows` is whether it follows the chain itself, so that height and peers count; a validator leaves that to
    another client. `head_age` is how old its newest block is by the machine's own clock, in seconds, and
    `head_age_limit` how old it may be where blocks come by time. `optimistic`: its blocks were not executed yet.
    """

    role: str
    client: str
    active: bool
    follows: bool = True
    version: str | None = None
    height: int | None = None
    headers: int | None = None
    syncing: bool | None = None
    optimistic: bool | None = None
    head_hash: str | None = None
    head_time: int | None = None
    head_age: int | None = None
    head_age_limit: int | None = None
    peers: int | None = None
    identity: PeerIdentity | None = None
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
