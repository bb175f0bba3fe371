"""What was seen of a signing client on its machine."""

from orchestrator.model.base import Frozen


class SignerLook(Frozen):
    """Whether the client runs, and the mark on its disk, which is there since it was first started; None before."""

    active: bool
    mark: str | None = None


class SignerClaim(Frozen):
    """On which disk of which machine a client was started to sign: the disk's mark."""

    machine: str
    client: str
    disk: str
