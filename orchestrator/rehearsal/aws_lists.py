"""What the rehearsed AWS answers when it is asked: who asks, and which resources carry some tags."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from orchestrator.rehearsal.aws_account import KEY_PAIR, PLACEMENT_GROUP, PREFIXES, AwsAccount
from orchestrator.rehearsal.cloud import Properties
from orchestrator.rehearsal.resource_kind import Function


def build_functions(account: AwsAccount) -> Mapping[str, Function]:
    """Every function, by the SDK's token."""
    return {
        "aws:index/getCallerIdentity:getCallerIdentity": partial(get_caller_identity, account),
        "aws:resourcegroupstaggingapi/getResources:getResources": partial(get_resources, account),
    }


def get_caller_identity(account: AwsAccount, _arguments: Properties) -> Properties:
    """The account that the credentials are of."""
    account.refuse_if_lost()
    user = f"arn:aws:iam::{account.number}:user/rehearsal"
    return {"id": account.number, "accountId": account.number, "arn": user, "userId": "AIDAREHEARSAL"}


def get_resources(account: AwsAccount, arguments: Properties) -> Properties:
    """The region's resources that have all the tags that are asked for. Of those that have gone, AWS tells no more."""
    region = str(arguments["region"])
    account.refuse_if_lost(region)
    wanted = {each["key"]: each.get("values") or [] for each in arguments.get("tagFilters") or ()}
    found = [
        {"resourceArn": resource["arn"], "tags": resource["tags"], "complianceDetails": []}
        for resource in list_tagged(account, region)
        if all(is_wanted(resource["tags"], key, values) for key, values in wanted.items())
    ]
    return {"id": account.number, **arguments, "resourceTagMappingLists": found}


def list_tagged(account: AwsAccount, region: str) -> Iterator[Properties]:
    """All of the region that has an ARN and tags."""
    for kind in sorted({*PREFIXES, KEY_PAIR, PLACEMENT_GROUP}):
        for resource in account.list_in_region(kind, region).values():
            if resource.get("arn") and resource.get("tags"):
                yield resource


def is_wanted(tags: Mapping[str, Any], key: str, values: list[str]) -> bool:
    """Whether the tags fit one filter: no values are any value."""
    return key in tags and (not values or tags[key] in values)
