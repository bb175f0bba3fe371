"""The policy for AWS allows what the declared types need, and nothing else; the page names each type."""

import json
from typing import Any

from tests.unit.docs.pages import CHECKOUT, read_page

POLICY = json.loads((CHECKOUT / "docs" / "iam" / "aws-policy.json").read_text(encoding="utf-8"))
DECLARED = json.loads((CHECKOUT / "tests" / "golden" / "stacks" / "aws.json").read_text(encoding="utf-8"))["resources"]

TAGS = {"ec2:CreateTags", "ec2:DeleteTags"}

# What creating, reading, changing and deleting a resource of a type calls, by the sources of the AWS provider that
# Pulumi's is built from (internal/service/ec2).
ACTIONS: dict[str, set[str]] = {
    "aws:ec2/vpc:Vpc": {
        "ec2:CreateVpc",
        "ec2:DeleteVpc",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcs",
        "ec2:ModifyVpcAttribute",
        *TAGS,
    },
    "aws:ec2/internetGateway:InternetGateway": {
        "ec2:AttachInternetGateway",
        "ec2:CreateInternetGateway",
        "ec2:DeleteInternetGateway",
        "ec2:DescribeInternetGateways",
        "ec2:DetachInternetGateway",
        *TAGS,
    },
    "aws:ec2/routeTable:RouteTable": {
        "ec2:CreateRoute",
        "ec2:CreateRouteTable",
        "ec2:DeleteRoute",
        "ec2:DeleteRouteTable",
        "ec2:DescribeRouteTables",
        "ec2:ReplaceRoute",
        *TAGS,
    },
    "aws:ec2/routeTableAssociation:RouteTableAssociation": {
        "ec2:AssociateRouteTable",
        "ec2:DescribeRouteTables",
        "ec2:DisassociateRouteTable",
        "ec2:ReplaceRouteTableAssociation",
    },
    "aws:ec2/subnet:Subnet": {
        "ec2:CreateSubnet",
        "ec2:DeleteSubnet",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:ModifySubnetAttribute",
        *TAGS,
    },
    "aws:ec2/securityGroup:SecurityGroup": {
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateSecurityGroup",
        "ec2:DeleteSecurityGroup",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
        *TAGS,
    },
    "aws:ec2/keyPair:KeyPair": {"ec2:DeleteKeyPair", "ec2:DescribeKeyPairs", "ec2:ImportKeyPair", *TAGS},
    "aws:ec2/placementGroup:PlacementGroup": {
        "ec2:CreatePlacementGroup",
        "ec2:DeletePlacementGroup",
        "ec2:DescribePlacementGroups",
        *TAGS,
    },
    "aws:ec2/instance:Instance": {
        "ec2:DescribeImages",
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeInstanceCreditSpecifications",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeTags",
        "ec2:DescribeVolumes",
        "ec2:ModifyInstanceAttribute",
        "ec2:RunInstances",
        "ec2:TerminateInstances",
        *TAGS,
    },
    "aws:ebs/volume:Volume": {
        "ec2:CreateVolume",
        "ec2:DeleteVolume",
        "ec2:DescribeVolumes",
        "ec2:DescribeVolumesModifications",
        "ec2:ModifyVolume",
        *TAGS,
    },
    "aws:ec2/volumeAttachment:VolumeAttachment": {
        "ec2:AttachVolume",
        "ec2:DescribeInstances",
        "ec2:DescribeVolumes",
        "ec2:DetachVolume",
        "ec2:StopInstances",
    },
    "aws:ec2/eip:Eip": {
        "ec2:AllocateAddress",
        "ec2:AssociateAddress",
        "ec2:DescribeAddresses",
        "ec2:DescribeAddressesAttribute",
        "ec2:DisassociateAddress",
        "ec2:ReleaseAddress",
        *TAGS,
    },
    # What an interrupted run made is looked up by its tags; `check --live` asks how many vCPUs the account may have.
    "pulumi:providers:aws": {"servicequotas:GetServiceQuota", "tag:GetResources"},
}
# The names by which the page speaks of the types.
WORDS = {
    "aws:ec2/vpc:Vpc": "VPC",
    "aws:ec2/internetGateway:InternetGateway": "Internet gateway",
    "aws:ec2/routeTable:RouteTable": "Route table",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "Route table association",
    "aws:ec2/subnet:Subnet": "Subnet",
    "aws:ec2/securityGroup:SecurityGroup": "Security group",
    "aws:ec2/keyPair:KeyPair": "Key pair",
    "aws:ec2/placementGroup:PlacementGroup": "Placement group",
    "aws:ec2/instance:Instance": "Instance",
    "aws:ebs/volume:Volume": "Volume",
    "aws:ec2/volumeAttachment:VolumeAttachment": "Volume attachment",
    "aws:ec2/eip:Eip": "Elastic IP",
}


def list_actions(statement: Any) -> list[str]:
    actions: list[str] = statement["Action"]
    return actions


def test_every_declared_type_is_accounted_for_and_no_other() -> None:
    declared = {resource["type"] for resource in DECLARED.values()} - {"a call"}  # who asks, anybody may know
    assert declared == set(ACTIONS)
    assert declared - {"pulumi:providers:aws"} == set(WORDS)


def test_the_policy_allows_what_the_types_need_and_nothing_else() -> None:
    allowed = [action for statement in POLICY["Statement"] for action in list_actions(statement)]
    assert sorted(set(allowed)) == sorted(set().union(*ACTIONS.values()))
    assert [action for action in allowed if "*" in action] == []
    assert {statement["Effect"] for statement in POLICY["Statement"]} == {"Allow"}
    sids = [statement["Sid"] for statement in POLICY["Statement"]]
    assert len(sids) == len(set(sids))


def test_only_what_carries_the_programs_tag_may_be_changed_or_deleted() -> None:
    owned = {"StringEquals": {"aws:ResourceTag/managed-by": "node-orchestrator"}}
    verbs = ("Delete", "Terminate", "Stop", "Detach", "Release", "Modify", "Revoke", "Replace")
    for statement in POLICY["Statement"]:
        changing = [action for action in list_actions(statement) if action.partition(":")[2].startswith(verbs)]
        assert not changing or statement.get("Condition") == owned, changing


def test_a_policy_fits_into_its_size() -> None:
    """6144 characters without white space (docs.aws.amazon.com, "IAM and AWS STS quotas")."""
    assert len(json.dumps(POLICY, separators=(",", ":"))) <= 6144


def test_the_page_has_a_row_for_every_type() -> None:
    rows = [line.split("|")[1].strip() for line in read_page("aws.md").splitlines() if line.startswith("| ")]
    assert [word for word in WORDS.values() if word not in rows] == []
