"""AWS in rehearsal: the kinds of resources that its API answers for, by the type tokens of the SDK.

The refusals are those of EC2's error codes (docs.aws.amazon.com, "Error codes for the Amazon EC2 API").
"""

from collections.abc import Mapping
from functools import partial

from orchestrator.rehearsal.aws_account import AwsAccount, AwsKind
from orchestrator.rehearsal.aws_instances import Instance, VolumeAttachment
from orchestrator.rehearsal.aws_lists import build_functions
from orchestrator.rehearsal.aws_network import (
    InternetGateway,
    RouteTable,
    RouteTableAssociation,
    SecurityGroup,
    Subnet,
    Vpc,
)
from orchestrator.rehearsal.aws_stored import Eip, KeyPair, PlacementGroup, Volume
from orchestrator.rehearsal.resource_kind import Function, ResourceKind
from orchestrator.rehearsal.vcpu_quotas import AWS_FUNCTION, get_service_quota
from orchestrator.rehearsal.world import World

KINDS: tuple[type[AwsKind], ...] = (
    Vpc,
    InternetGateway,
    RouteTable,
    RouteTableAssociation,
    Subnet,
    SecurityGroup,
    KeyPair,
    PlacementGroup,
    Eip,
    Instance,
    VolumeAttachment,
)


def list_kinds(world: World, account: str) -> Mapping[str, ResourceKind]:
    """Every kind that one account answers for."""
    found = AwsAccount(world, account)
    return {f"aws:ec2/{kind.kind}:{kind.__name__}": kind(found) for kind in KINDS} | {
        "aws:ebs/volume:Volume": Volume(found)
    }


def list_functions(world: World, account: str) -> Mapping[str, Function]:
    """Every function of the SDK that one account answers for."""
    found = AwsAccount(world, account)
    return {**build_functions(found), AWS_FUNCTION: partial(get_service_quota, found)}
