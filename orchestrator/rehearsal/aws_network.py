"""The rehearsed AWS's networks: VPCs with gateways, routes, subnets and security groups."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

import pulumi_aws as aws

from orchestrator.rehearsal.aws_account import (
    ASSOCIATION,
    GATEWAY,
    INSTANCE,
    ROUTE_TABLE,
    SECURITY_GROUP,
    SUBNET,
    VPC,
    AwsKind,
    AwsRefusal,
    Calls,
    refuse_value,
)
from orchestrator.rehearsal.aws_instances import Instance
from orchestrator.rehearsal.cloud import Properties

VPC_LIMIT = 5  # the default quota of a region
RULE_LIMIT = 60  # of a security group, for each address family
SUBNET_PREFIXES = range(16, 29)
DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
EVERY_PROTOCOL = "-1"
PROTOCOLS = frozenset({"tcp", "udp", "icmp", "icmpv6", EVERY_PROTOCOL})


class Vpc(AwsKind):
    """A private network."""

    kind = VPC
    arguments = aws.ec2.VpcArgs
    fixed = frozenset({"cidrBlock", "region"})
    calls = Calls("CreateVpc", "ModifyVpcAttribute", "DeleteVpc")
    arn_type = "vpc"

    def check(self, inputs: Properties) -> None:
        """A range of the right size, in a region that has room."""
        super().check(inputs)
        block = parse_block(inputs["cidrBlock"], "cidrBlock")
        if block.prefixlen not in SUBNET_PREFIXES:
            raise AwsRefusal("InvalidVpc.Range", f"The CIDR '{block}' is invalid.")
        if len(self._account.list_in_region(VPC, inputs["region"])) >= VPC_LIMIT:
            raise AwsRefusal("VpcLimitExceeded", "The maximum number of VPCs has been reached.")

    def list_computed(self, identifier: str, inputs: Properties) -> Properties:
        """Public IPv6 addresses where they are asked for."""
        number = int(identifier.rpartition("-")[2], 16)
        block = f"2600:1f18:{number >> 8 & 0xFFFF:x}:{(number & 0xFF) << 8:x}::/56"
        return super().list_computed(identifier, inputs) | {
            "ipv6CidrBlock": block if inputs.get("assignGeneratedIpv6CidrBlock") else "",
            "ownerId": self._account.number,
        }

    def prepare_delete(self, identifier: str, _found: Properties) -> None:
        """Not while anything is in it."""
        for kind in (SUBNET, SECURITY_GROUP, ROUTE_TABLE, GATEWAY):
            if self._account.list_users(kind, "vpcId", identifier):
                refuse_dependency(f"The vpc '{identifier}' has dependencies and cannot be deleted.")


class InternetGateway(AwsKind):
    """The way between a VPC and the internet."""

    kind = GATEWAY
    arguments = aws.ec2.InternetGatewayArgs
    fixed = frozenset({"region"})
    calls = Calls("AttachInternetGateway", "AttachInternetGateway", "DetachInternetGateway")
    arn_type = "internet-gateway"

    def check(self, inputs: Properties) -> None:
        """One for each VPC."""
        super().check(inputs)
        vpc = inputs["vpcId"]
        self._account.get_in_region(VPC, vpc, inputs["region"])
        if self._account.list_users(GATEWAY, "vpcId", vpc):
            raise AwsRefusal(
                "Resource.AlreadyAssociated", f"resource {vpc} is already associated with an internet gateway"
            )

    def prepare_delete(self, _identifier: str, found: Properties) -> None:
        """Not while a machine of the VPC has a public address."""
        subnets = self._account.list_users(SUBNET, "vpcId", found["vpcId"])
        if any(self._account.list_users(INSTANCE, "subnetId", subnet) for subnet in subnets):
            refuse_dependency(
                f"Network {found['vpcId']} has some mapped public address(es). "
                "Please unmap those public address(es) before detaching the gateway."
            )


class RouteTable(AwsKind):
    """Where a VPC's packets go."""

    kind = ROUTE_TABLE
    arguments = aws.ec2.RouteTableArgs
    fixed = frozenset({"vpcId", "region"})
    calls = Calls("CreateRouteTable", "CreateRoute", "DeleteRouteTable")
    arn_type = "route-table"

    def check(self, inputs: Properties) -> None:
        """Routes to gateways of the same VPC."""
        super().check(inputs)
        region, vpc = inputs["region"], inputs["vpcId"]
        self._account.get_in_region(VPC, vpc, region)
        for route in inputs.get("routes") or ():
            parse_block(route.get("cidrBlock") or route.get("ipv6CidrBlock") or "", "destinationCidrBlock")
            gateway = self._account.get_in_region(GATEWAY, str(route.get("gatewayId")), region)
            if gateway["vpcId"] != vpc:
                raise AwsRefusal(
                    "InvalidParameterValue",
                    f"route table and network gateway {route['gatewayId']} belong to different networks",
                )

    def check_update(self, _identifier: str, _old: Properties, new: Properties) -> None:
        """As for a new one."""
        self.check(new)

    def prepare_delete(self, identifier: str, _found: Properties) -> None:
        """Not while a subnet uses it."""
        if self._account.list_users(ASSOCIATION, "routeTableId", identifier):
            refuse_dependency(f"The routeTable '{identifier}' has dependencies and cannot be deleted.")


class RouteTableAssociation(AwsKind):
    """Which routes a subnet has."""

    kind = ASSOCIATION
    arguments = aws.ec2.RouteTableAssociationArgs
    fixed = frozenset({"subnetId", "region"})
    calls = Calls("AssociateRouteTable", "ReplaceRouteTableAssociation", "DisassociateRouteTable")
    import_form = "{subnetId}/{routeTableId}"

    def check(self, inputs: Properties) -> None:
        """A subnet and a route table of one VPC; a subnet has one."""
        table = self._account.get_in_region(ROUTE_TABLE, inputs["routeTableId"], inputs["region"])
        subnet = self._account.get_in_region(SUBNET, inputs["subnetId"], inputs["region"])
        if table["vpcId"] != subnet["vpcId"]:
            raise AwsRefusal(
                "InvalidParameterValue",
                f"Route table {inputs['routeTableId']} and subnet {inputs['subnetId']} belong to different networks",
            )
        if self._account.list_users(ASSOCIATION, "subnetId", inputs["subnetId"]):
            raise AwsRefusal(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {inputs['routeTableId']} conflicts with an existing one",
            )


class Subnet(AwsKind):
    """A part of a VPC, in one zone."""

    kind = SUBNET
    arguments = aws.ec2.SubnetArgs
    fixed = frozenset({"vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "region"})
    calls = Calls("CreateSubnet", "ModifySubnetAttribute", "DeleteSubnet")
    arn_type = "subnet"

    def check(self, inputs: Properties) -> None:
        """A zone that there is, and ranges of the VPC that no other subnet has."""
        super().check(inputs)
        vpc = self._account.get_in_region(VPC, inputs["vpcId"], inputs["region"])
        self._name_zone(inputs)
        others = self._account.list_users(SUBNET, "vpcId", inputs["vpcId"]).values()
        refuse_taken_block(inputs["cidrBlock"], vpc["cidrBlock"], [other["cidrBlock"] for other in others])
        block = parse_block(inputs["cidrBlock"], "cidrBlock")
        if block.prefixlen not in SUBNET_PREFIXES:
            raise AwsRefusal("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")
        if inputs.get("ipv6CidrBlock"):
            if not vpc["ipv6CidrBlock"] or not inputs["ipv6CidrBlock"].endswith("/64"):
                raise AwsRefusal("InvalidSubnet.Range", f"The IPv6 CIDR '{inputs['ipv6CidrBlock']}' is invalid.")
            taken = [other["ipv6CidrBlock"] for other in others if other.get("ipv6CidrBlock")]
            refuse_taken_block(inputs["ipv6CidrBlock"], vpc["ipv6CidrBlock"], taken)
        elif inputs.get("assignIpv6AddressOnCreation"):
            raise AwsRefusal(
                "InvalidParameterCombination", "assignIpv6AddressOnCreation needs a subnet with an IPv6 CIDR block"
            )

    def _name_zone(self, inputs: Properties) -> str:
        zones = self._account.name_zones(inputs["region"])
        name = zones.get(inputs.get("availabilityZoneId", ""), inputs.get("availabilityZone"))
        if name not in zones.values():
            wanted = inputs.get("availabilityZoneId") or inputs.get("availabilityZone")
            known = ", ".join(sorted(zones.values()))
            why = f"Subnets can currently only be created in the following availability zones: {known}."
            raise refuse_value("availabilityZone", wanted, why)
        return str(name)

    def list_computed(self, identifier: str, inputs: Properties) -> Properties:
        """What this account calls the zone."""
        return super().list_computed(identifier, inputs) | {"availabilityZone": self._name_zone(inputs)}

    def prepare_delete(self, identifier: str, _found: Properties) -> None:
        """Not while a machine is in it."""
        if self._account.list_users(INSTANCE, "subnetId", identifier):
            refuse_dependency(f"The subnet '{identifier}' has dependencies and cannot be deleted.")


class SecurityGroup(AwsKind):
    """Which packets reach a machine; what no rule allows does not."""

    kind = SECURITY_GROUP
    arguments = aws.ec2.SecurityGroupArgs
    fixed = frozenset({"name", "description", "vpcId", "region"})
    calls = Calls("CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "DeleteSecurityGroup")
    arn_type = "security-group"

    def check(self, inputs: Properties) -> None:
        """A name that the VPC does not have yet, and rules that are rules."""
        super().check(inputs)
        name, vpc = inputs["name"], inputs["vpcId"]
        self._account.get_in_region(VPC, vpc, inputs["region"])
        if any(other["name"] == name for other in self._account.list_users(SECURITY_GROUP, "vpcId", vpc).values()):
            raise AwsRefusal("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc}'")
        if name.startswith("sg-") or not DESCRIPTION.fullmatch(name):
            raise AwsRefusal("InvalidParameterValue", f"Invalid value '{name}' for groupName.")
        if not DESCRIPTION.fullmatch(inputs.get("description") or ""):
            raise AwsRefusal("InvalidParameterValue", "Invalid security group description.")
        refuse_rules(inputs)

    def check_update(self, _identifier: str, _old: Properties, new: Properties) -> None:
        """New rules are held to the same."""
        refuse_rules(new)

    def finish_update(self, identifier: str, _properties: Properties) -> None:
        """Holds the machines to the new rules."""
        instances = Instance(self._account)
        for found in self._account.list_users(INSTANCE, "vpcSecurityGroupIds", identifier).values():
            instances.apply_rules(found)

    def prepare_delete(self, identifier: str, _found: Properties) -> None:
        """Not while a machine has it."""
        if self._account.list_users(INSTANCE, "vpcSecurityGroupIds", identifier):
            refuse_dependency(f"resource {identifier} has a dependent object")


def refuse_rules(inputs: Properties) -> None:
    """AwsRefusal where a rule is none, or there are more than a security group holds."""
    for rules in (inputs.get("ingress") or [], inputs.get("egress") or []):
        for rule in rules:
            refuse_rule(rule)
        for field in ("cidrBlocks", "ipv6CidrBlocks"):
            if sum(len(rule.get(field) or ()) for rule in rules) > RULE_LIMIT:
                raise AwsRefusal(
                    "RulesPerSecurityGroupLimitExceeded",
                    "The maximum number of rules per security group has been reached.",
                )


def refuse_rule(rule: Properties) -> None:
    """AwsRefusal where one rule's protocol, ports, networks or description are none."""
    protocol, first, last = rule["protocol"], int(rule["fromPort"]), int(rule["toPort"])
    if protocol not in PROTOCOLS:
        raise AwsRefusal("InvalidParameterValue", f"Invalid value '{protocol}' for IP protocol. Unknown protocol.")
    if protocol in ("tcp", "udp") and not 0 <= first <= last <= 65535:
        raise AwsRefusal("InvalidParameterValue", f"Invalid TCP/UDP port range ({first}:{last})")
    if protocol == EVERY_PROTOCOL and (first, last) != (0, 0):
        raise AwsRefusal("InvalidParameterValue", "a rule for every protocol has from_port and to_port 0")
    for field, version in (("cidrBlocks", 4), ("ipv6CidrBlocks", 6)):
        for block in rule.get(field) or ():
            if parse_block(block, field).version != version:
                raise AwsRefusal("InvalidParameterValue", f"CIDR block {block} is malformed")
    if not DESCRIPTION.fullmatch(rule.get("description") or ""):
        raise AwsRefusal("InvalidParameterValue", "Invalid rule description.")


def refuse_taken_block(block: str, whole: str, taken: Iterable[str]) -> None:
    """AwsRefusal where a subnet's block is no part of the VPC's, or another subnet's."""
    wanted, outer = parse_block(block, "cidrBlock"), ip_network(whole)
    if wanted.version != outer.version or not wanted.subnet_of(outer):  # type: ignore[arg-type]
        raise AwsRefusal("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")
    if any(wanted.overlaps(ip_network(other)) for other in taken):
        raise AwsRefusal("InvalidSubnet.Conflict", f"The CIDR '{block}' conflicts with another subnet")


def parse_block(text: str, field: str) -> IPv4Network | IPv6Network:
    """An address block; AwsRefusal where the text is none."""
    try:
        return ip_network(text)
    except ValueError:
        raise refuse_value(field, text, "This is not a valid CIDR block.") from None


def refuse_dependency(message: str) -> None:
    """The API's word for what is still in use."""
    raise AwsRefusal("DependencyViolation", message)
