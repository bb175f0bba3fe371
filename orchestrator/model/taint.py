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

    def covers(self, site: Site, machine_type: str) -> bool:
        """Whether a new machine of that type may not be placed at the site."""
        wanted = (self.account, self.region, self.zone, self.machine_type)
        offered = (site.account, site.zone.region, site.zone.zone, machine_type)
        return all(one is None or one == other for one, other in zip(wanted, offered, strict=True))
