"""What a rehearsed provider must know of each kind of resource."""

from collections.abc import Callable
from typing import Any, Protocol

from orchestrator.rehearsal.cloud import Properties

# A function of the SDK (a "data source"): its arguments in, its answer out.
Function = Callable[[Properties], Properties]


class ResourceKind(Protocol):
    """One kind of resource, as the provider's API treats it."""

    @property
    def arguments(self) -> type[Any]:
        """The SDK's own class of inputs, which inputs are held against."""
        ...

    @property
    def fixed(self) -> frozenset[str]:
        """The properties whose change makes the resource anew."""
        ...

    def create(self, inputs: Properties) -> tuple[str, Properties]:
        """Makes the resource: its id, and its inputs with what the API adds. Refusal where the cloud says no."""
        ...

    def read(self, identifier: str) -> Properties | None:
        """The resource as it is; None where it is gone."""
        ...

    def update(self, identifier: str, old: Properties, new: Properties) -> Properties:
        """Changes the resource in place; its properties then."""
        ...

    def delete(self, identifier: str, properties: Properties) -> None:
        """Removes the resource; one that is gone already is no error."""
        ...
