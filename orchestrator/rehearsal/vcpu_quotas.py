"""What the rehearsed clouds say of their quotas: what `rehearse quota` has set, else a number of our own."""

from orchestrator.rehearsal.cloud import Properties
from orchestrator.rehearsal.exhaustion import find_vcpu_quota
from orchestrator.rehearsal.provider_account import ProviderAccount

AWS_FUNCTION = "aws:servicequotas/getServiceQuota:getServiceQuota"
GCP_FUNCTION = "gcp:cloudquota/getSQuotaInfo:getSQuotaInfo"

# What an account has in a region where nothing was set: plenty for a rehearsal. Nothing is refused on its account.
UNSET_VCPUS = 640


def get_service_quota(account: ProviderAccount, arguments: Properties) -> Properties:
    """AWS's answer: the quota's value in a region."""
    region = str(arguments.get("region"))
    account.refuse_if_lost(region)
    return {**arguments, "id": arguments.get("quotaCode"), "value": read_limit(account, region)}


def get_s_quota_info(account: ProviderAccount, arguments: Properties) -> Properties:
    """Google's answer: the quota's value by region."""
    account.refuse_if_lost()
    regions = sorted({zone.region for zone in account.facts.zones})
    infos = [
        {"dimensions": {"region": region}, "details": [{"value": str(read_limit(account, region))}]}
        for region in regions
    ]
    return {**arguments, "id": arguments.get("quotaId"), "dimensionsInfos": infos}


def read_limit(account: ProviderAccount, region: str) -> int:
    """How many vCPUs the account may have there."""
    limit = find_vcpu_quota(account.world, account.provider, region)
    return UNSET_VCPUS if limit is None else limit
