"""Virtual machines of a rehearsed cloud: remembered like any resource, and each a machine that boots."""

from abc import abstractmethod
from collections.abc import Sequence

from orchestrator.rehearsal.cloud import Properties
from orchestrator.rehearsal.firewall import FirewallRule
from orchestrator.rehearsal.machine import (
    NewMachine,
    apply_machine_firewall,
    create_machine,
    delete_machine,
    find_machine,
    start_machine,
)
from orchestrator.rehearsal.pinned_image import read_pinned_image
from orchestrator.rehearsal.stored_kind import Account, StoredKind


class MachineKind(StoredKind[Account]):
    """A kind whose resources boot; its subclasses say what the cloud refuses and what a machine is made from."""

    @abstractmethod
    def describe_machine(self, identifier: str, properties: Properties) -> NewMachine:
        """What the machine is made from."""

    @abstractmethod
    def list_rules(self, properties: Properties) -> Sequence[FirewallRule]:
        """The inbound rules that the machine stands behind."""

    @abstractmethod
    def get_machine_name(self, properties: Properties) -> str:
        """The name of the machine in its world."""

    def create(self, inputs: Properties) -> tuple[str, Properties]:
        """Remembers the machine and boots it."""
        identifier, properties = super().create(inputs)
        world = self._account.world
        create_machine(world, self.describe_machine(identifier, properties), read_pinned_image(world))
        return identifier, properties

    def read(self, identifier: str) -> Properties | None:
        """The machine as it is remembered; a kill cuts nothing short that a real cloud would have gone on to do."""
        found = super().read(identifier)
        if found is not None:
            world, name = self._account.world, self.get_machine_name(found)
            made = find_machine(world, name)
            if made is None:
                create_machine(world, self.describe_machine(identifier, found), read_pinned_image(world))
            elif made.record.powered and not made.running:
                start_machine(world, name)
        return found

    def finish_update(self, _identifier: str, properties: Properties) -> None:
        """Holds the machine to its firewalls."""
        self.apply_rules(properties)

    def prepare_delete(self, _identifier: str, found: Properties) -> None:
        """Ends the machine."""
        delete_machine(self._account.world, self.get_machine_name(found))

    def apply_rules(self, properties: Properties) -> None:
        """Holds the machine to the rules that it stands behind now."""
        apply_machine_firewall(self._account.world, self.get_machine_name(properties), self.list_rules(properties))
