"""A taint: where a cloud refused to make a machine, so that none is placed there for a while."""

from orchestrator.model.base import Frozen
from orchestrator.model.site import Site


class Taint(Frozen):
    """Where no new machine is placed until `until` (seconds since the epoch); machines that stand there stay.

    None means all: a taint without `machine_type` is of every type, one without zone or region of all of the account.
    `code` is the cloud's own word for its refusal.
    """

    account: str
    region: str | None = None
    zone: str | None = None
    machine_type: str | None = None
    code: str
    until: float

    def __str__(self) -> str:
        place = "/".join(part for part in (self.account, self.region, self.zone) if part is not None)
        return f"{place} {self.machine_type or 'any type'}"

    def is_at(self, site: Site) -> bool:
        """Whether the taint is of the site, for some machine type or for all."""
        place = (site.account, site.zone.region, site.zone.zone)
        own = (self.account, self.region, self.zone)
        return all(one is None or one == other for one, other in zip(own, place, strict=True))
