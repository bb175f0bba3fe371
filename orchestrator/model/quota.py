"""A cloud's quota: how many vCPUs an account may have running in a region."""

from pydantic import Field

from orchestrator.model.base import Frozen


class VcpuQuota(Frozen):
    """The most vCPUs that an account's machines may have together in a region; in all regions where that is None."""

    account: str
    region: str | None = None
    limit: int = Field(ge=0)
