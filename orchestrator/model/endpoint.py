"""How a machine is reached over SSH: address, user, and the host keys that are pinned for it."""

from orchestrator.model.base import Frozen


class Endpoint(Frozen):
    """A machine's SSH endpoint. Host keys are public keys as in known_hosts ("ssh-ed25519 AAAA…").

    `bootstrap_host_key` is the single-use key that the machine was born with; `host_keys` are those pinned since
    (one, or two while they change). With neither, nothing may connect: there is no trust on first use.
    """

    machine: str
    address: str
    port: int = 22
    user: str = "root"
    host_keys: tuple[str, ...] = ()
    bootstrap_host_key: str | None = None
