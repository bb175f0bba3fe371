"""What a rehearsed provider must know of each kind of resource."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orchestrator.rehearsal.cloud import Properties


@dataclass(frozen=True)
class ResourceKind:
    """One kind of resource, as the provider's API treats it.

    `arguments` is the SDK's own class of inputs, which inputs are held against. A change of a `fixed` property makes
    the resource anew. `create` gives the id and what the API adds to the inputs; `update` and `delete` act on the id.
    """

    arguments: type[Any]
    create: Callable[[Properties], tuple[str, Properties]]
    update: Callable[[str, Properties, Properties], Properties]
    delete: Callable[[str, Properties], None]
    read: Callable[[str], Properties | None]
    fixed: frozenset[str] = field(default_factory=frozenset)
