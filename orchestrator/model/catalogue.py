"""The catalogue as a value: every dated fact that placement may use."""

from orchestrator.model.base import Frozen
from orchestrator.model.site import Image, MachineType, StoragePrice, Zone


class Catalogue(Frozen):
    """Facts on zones, machine types, storage prices and images; each kind sorted by its natural key."""

    zones: tuple[Zone, ...]
    machine_types: tuple[MachineType, ...]
    storage_prices: tuple[StoragePrice, ...]
    images: tuple[Image, ...]
