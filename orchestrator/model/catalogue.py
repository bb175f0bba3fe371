"""The catalogue as a value: every dated fact that placement may use."""

from orchestrator.model.base import Frozen
from orchestrator.model.site import Arch, Image, MachineType, StorageKind, StoragePrice, Zone


class Catalogue(Frozen):
    """Facts on zones, machine types, storage prices and images; each kind sorted by its natural key."""

    zones: tuple[Zone, ...]
    machine_types: tuple[MachineType, ...]
    storage_prices: tuple[StoragePrice, ...]
    images: tuple[Image, ...]

    def find_image(self, provider: str, region: str, arch: Arch) -> Image | None:
        """The image for machines of `arch` in a region: its own, else the provider's; None where none is known."""
        own = {image.region: image for image in self.images if (image.provider, image.arch) == (provider, arch)}
        return own.get(region) or own.get("")

    def find_storage_prices(self, provider: str, region: str, kind: StorageKind) -> tuple[StoragePrice, ...]:
        """The prices of `kind` in a region, sorted by type and `from_gb`.

        Of each type the region's own rows; the provider's (those with an empty region) where it has none.
        """
        rows = [row for row in self.storage_prices if (row.provider, row.kind) == (provider, kind)]
        own = {row.type for row in rows if row.region == region}
        fitting = [row for row in rows if row.region == region or (not row.region and row.type not in own)]
        return tuple(sorted(fitting, key=lambda row: (row.type, row.from_gb)))
