"""A loss: the failure domain that is gone, as a command names it (account=hetzner-b)."""

from orchestrator.model.base import Frozen
from orchestrator.model.failure_domain import DomainKind, Placed


class Loss(Frozen):
    """A domain that is out of reach; nothing is placed there and what stood there is lost."""

    kind: DomainKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}={self.value}"

    def covers(self, place: Placed) -> bool:
        """Whether the place is in the lost domain; an unknown domain is not."""
        return place.get_domain(self.kind) == self.value
