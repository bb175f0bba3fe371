"""A kind of resource that is little more than what a rehearsed cloud remembers of it, whichever cloud it is."""

from typing import Any, ClassVar, Generic, TypeVar

from orchestrator.rehearsal.cloud import Properties
from orchestrator.rehearsal.provider_account import ProviderAccount

Account = TypeVar("Account", bound=ProviderAccount)


class StoredKind(Generic[Account]):
    """A kind that is remembered; its subclasses say what the API refuses, adds and cleans up."""

    kind: ClassVar[str]
    arguments: ClassVar[type[Any]]
    fixed: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, account: Account) -> None:
        self._account = account
        self._cloud = account.cloud

    def create(self, inputs: Properties) -> tuple[str, Properties]:
        """Remembers the resource under an id of its own."""
        self.refuse_if_lost(inputs)
        with self._cloud.change():
            self.check(inputs)
            identifier = self.make_id(inputs)
            properties = inputs | self.list_computed(identifier, inputs)
            self._cloud.put_resource(self.kind, identifier, properties)
        return identifier, properties

    def read(self, identifier: str) -> Properties | None:
        """The resource as it is remembered."""
        found = self._cloud.find_resource(self.kind, identifier)
        self.refuse_if_lost(found or {})
        return found

    def update(self, identifier: str, old: Properties, new: Properties) -> Properties:
        """Remembers the new properties."""
        self.refuse_if_lost(new)
        with self._cloud.change():
            self.check_update(identifier, old, new)
            properties = self._account.get_resource(self.kind, identifier) | new
            self._cloud.put_resource(self.kind, identifier, properties)
        self.finish_update(identifier, properties)
        return properties

    def delete(self, identifier: str, _properties: Properties) -> None:
        """Forgets the resource."""
        found = self._cloud.find_resource(self.kind, identifier)
        self.refuse_if_lost(found or {})
        if found is None:
            return
        self.prepare_delete(identifier, found)
        self._cloud.remove_resource(self.kind, identifier)

    def refuse_if_lost(self, _properties: Properties) -> None:
        """Unreachable where what the call is about is lost: the account, where the API knows no region."""
        self._account.refuse_if_lost()

    def make_id(self, _inputs: Properties) -> str:
        """The new resource's id."""
        return self._account.make_id(self.kind)

    def check(self, inputs: Properties) -> None:
        """Refusal where the API would not take the inputs."""

    def list_computed(self, _identifier: str, _inputs: Properties) -> Properties:
        """What the API adds to the inputs."""
        return {}

    def check_update(self, identifier: str, old: Properties, new: Properties) -> None:
        """Refusal where the API would not make the change."""

    def finish_update(self, identifier: str, properties: Properties) -> None:
        """What a change brings about elsewhere."""

    def prepare_delete(self, identifier: str, found: Properties) -> None:
        """Refusal where the resource is protected or in use; else what goes with it."""
