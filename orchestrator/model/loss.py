"""A loss: the failure domain that is gone, as a command names it (account=hetzner-b), and what may become of one."""

from typing import Literal, get_args

from orchestrator.model.base import Frozen
from orchestrator.model.failure_domain import DOMAIN_KINDS, DomainKind, Placed, split_domain
from orchestrator.model.names import Line

# outage: it may come back. api: its machines run on, only its API does not answer. terminated: the provider closed the
# account for good. compromised: its machines may run, and nobody may trust them.
LossKind = Literal["outage", "api", "terminated", "compromised"]
LOSS_KINDS: tuple[LossKind, ...] = get_args(LossKind)


class Loss(Frozen):
    """A domain that is out of reach; nothing is placed there and what stood there is lost."""

    kind: DomainKind
    value: Line

    def __str__(self) -> str:
        return f"{self.kind}={self.value}"

    @classmethod
    def parse(cls, text: str) -> "Loss":
        """KIND=VALUE as a loss; ValueError that says what is wrong with it."""
        kind, value = split_domain(text, "account=hetzner-b")
        if kind not in DOMAIN_KINDS:
            raise ValueError(f"{kind!r} is no kind of failure domain; there are: {', '.join(DOMAIN_KINDS)}")
        return cls(kind=kind, value=value)

    def covers(self, place: Placed) -> bool:
        """Whether the place is in the lost domain; an unknown domain is not."""
        return place.get_domain(self.kind) == self.value
