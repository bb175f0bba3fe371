"""Attachments of data volumes to machines of a rehearsed cloud: the machine sees its volume as the cloud shows it."""

from abc import abstractmethod
from dataclasses import dataclass

from orchestrator.rehearsal.cloud import Properties
from orchestrator.rehearsal.machine import attach_volume, detach_volume
from orchestrator.rehearsal.stored_kind import Account, StoredKind


@dataclass(frozen=True)
class Attached:
    """A volume at a machine of the world; `link` is its name there below /dev/disk/by-id."""

    machine: str
    volume: str
    link: str


class AttachmentKind(StoredKind[Account]):
    """A kind whose resources tie a volume to a machine."""

    @abstractmethod
    def describe(self, properties: Properties) -> Attached | None:
        """What is tied to what; None where the machine is gone."""

    def create(self, inputs: Properties) -> tuple[str, Properties]:
        """Shows the volume to the machine."""
        identifier, properties = super().create(inputs)
        self._attach(properties)
        return identifier, properties

    def read(self, identifier: str) -> Properties | None:
        """The attachment as it is remembered; a kill cuts nothing short that a real cloud would have gone on to do."""
        found = super().read(identifier)
        if found is not None:
            self._attach(found)
        return found

    def _attach(self, properties: Properties) -> None:
        attached = self.describe(properties)
        if attached is not None:
            attach_volume(self._account.world, attached.machine, attached.volume, attached.link)

    def prepare_delete(self, _identifier: str, found: Properties) -> None:
        """Takes the volume away from the machine."""
        attached = self.describe(found)
        if attached is not None:
            detach_volume(self._account.world, attached.machine, attached.volume)
