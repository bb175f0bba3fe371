"""How a machine is reached over SSH: address, user, and the host keys that are pinned for it."""

from orchestrator.model.base import Frozen

# Connecting takes a handful of round trips, and a lost packet is sent again after 1, 3 and 7 s (RFC 6298).
CONNECT_SECONDS = 10.0
# A machine that is declared lost is not expected to answer; one lost packet is borne, half around the world.
LOST_CONNECT_SECONDS = 3.0


class Endpoint(Frozen):
    """A machine's SSH endpoint. Host keys are public keys as in known_hosts ("ssh-ed25519 AAAA…").

    `bootstrap_host_key` is the single-use key that the machine was born with; `host_keys` are those pinned since
    (one, or two while they change). With neither, nothing may connect: there is no trust on first use.
    `connect_seconds` is how long each step of a connection may take.
    """

    machine: str
    address: str
    port: int = 22
    user: str = "root"
    host_keys: tuple[str, ...] = ()
    bootstrap_host_key: str | None = None
    connect_seconds: float = CONNECT_SECONDS
