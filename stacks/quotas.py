"""How many vCPUs the clouds let an account have, asked through the provider's own plug-in when the controller wants it.

The stack program asks while it is previewed, with the credentials and the account of an update; `check --live` reads
the answer. Hetzner has no API for its limits, and enrolled hosts have none: nothing is said of these.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pulumi
from survey import Area

from orchestrator.model.fleet import Account

# A file that the program writes; nothing is asked where it is not named.
FILE_VARIABLE = "ORCHESTRATOR_QUOTAS"

# "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", in vCPUs (docs.aws.amazon.com, "EC2 quotas").
AWS_STANDARD_VCPUS = "L-1216C47A"
# Google's quota of CPUs by project and region (docs.cloud.google.com, "Allocation quotas").
GCP_CPUS = "CPUS-per-project-region"


@dataclass(frozen=True)
class Quota:
    """The most vCPUs that the account may have running in the region."""

    region: str
    limit: int


def list_aws_quotas(area: Area, _account: Account, options: pulumi.InvokeOptions | None) -> Iterator[Quota]:
    """The quota of each region in use."""
    from pulumi_aws import servicequotas  # noqa: PLC0415  # the large SDKs are loaded by whom they concern alone

    for region in area.regions:
        found = servicequotas.get_service_quota(
            quota_code=AWS_STANDARD_VCPUS, service_code="ec2", region=region, opts=options
        )
        yield Quota(region, int(found.value))


def list_gcp_quotas(area: Area, account: Account, options: pulumi.InvokeOptions | None) -> Iterator[Quota]:
    """The quota of each region in use; a region that is not named apart has the one that is named for none."""
    from pulumi_gcp import cloudquota  # noqa: PLC0415

    parent = f"projects/{account.project}/locations/global"
    found = cloudquota.get_s_quota_info(
        parent=parent, quota_id=GCP_CPUS, service="compute.googleapis.com", opts=options
    )
    limits = {info.dimensions.get("region"): int(info.details[0].value) for info in found.dimensions_infos}
    for region in area.regions:
        limit = limits.get(region, limits.get(None))
        if limit is not None:
            yield Quota(region, limit)


ASK: Mapping[str, Callable[[Area, Account, pulumi.InvokeOptions | None], Iterator[Quota]]] = {
    "aws": list_aws_quotas,
    "gcp": list_gcp_quotas,
}


class Quotas:
    """One run's answer, gathered account by account."""

    def __init__(self) -> None:
        name = os.environ.get(FILE_VARIABLE)
        self._file = Path(name) if name else None
        self._found: list[dict[str, object]] = []

    def take(self, area: Area, account: Account, provider: pulumi.ProviderResource | None) -> None:
        """Asks one account's cloud; where it does not answer, its quotas are not known, and the reason is logged."""
        if self._file is None or account.provider not in ASK:
            return
        options = None if provider is None else pulumi.InvokeOptions(provider=provider)
        try:
            quotas = list(ASK[account.provider](area, account, options))
        except Exception as error:  # noqa: BLE001  # the SDKs raise a bare Exception with the plug-in's words
            pulumi.warn(f"account {account.name}: its quotas cannot be asked: {error}")
            return
        self._found += [{"account": account.name, **asdict(quota)} for quota in quotas]

    def write(self) -> None:
        """Writes the answer whole or not at all."""
        if self._file is None:
            return
        draft = self._file.with_name(f".{self._file.name}")
        draft.write_text(json.dumps(self._found), encoding="utf-8")
        draft.replace(self._file)
