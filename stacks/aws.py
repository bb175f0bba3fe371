"""Amazon Web Services: what each machine of the lock gets there.

Per account and region in use a network (VPC) with a subnet for each zone in use, the way out of it, and the first
operator's key; per group and region a security group; per group, region and three nodes a placement group that keeps
them on different hardware; per machine an instance, a data volume of its own, and a reserved address where asked for.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

import pulumi
import pulumi_aws as aws
from declaration import MANAGED_BY, Declaration, MachineOutputs, get_spread
from pulumi_aws import ebs, ec2, resourcegroupstaggingapi
from survey import Area, ById, ByName, Found, Inputs, Search

from orchestrator.model.client import Port
from orchestrator.model.fleet import Account
from orchestrator.model.lock import Machine

DEFAULT_REGION = "us-east-1"

# A spread placement group holds at most seven instances a zone (docs.aws.amazon.com, "Placement strategies"). Three
# nodes leave room for both machines of each node while it moves.
NODES_PER_PLACEMENT_GROUP = 3

# Each zone's part of the network follows from the number in the zone's id, so that no change of placement moves one.
IP_RANGE = "10.64.0.0/16"
SUBNET_PREFIX = 20
SUBNET_PREFIX_IPV6 = 64
ZONE_ID = re.compile(r"[a-z0-9]+-az([1-9]|1[0-5])")  # use1-az4; zones of other kinds (use1-bos1-az1) are not for nodes

ANYWHERE = "0.0.0.0/0"
ANYWHERE_IPV6 = "::/0"
EVERY_PROTOCOL = "-1"

ROOT_GIB = 20  # the system, its logs, the clients' programs; chain data is on the data volume
DEVICE_NAME = "/dev/sdf"  # what the API calls the attachment; Nitro machines show it by the volume's id
DEVICE_LINK = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{}"

# A gp3 volume has 125 MiB/s at no charge. Provisioned operations would be of no use without the throughput for them:
# databases of clients read and write in blocks of 16 KiB. 1000 MiB/s is gp3's limit.
THROUGHPUT_MIB = range(125, 1001)
OPERATIONS_PER_MIB = 64

# A call is tried once more this often, with growing pauses: some minutes of throttling are sat out, and an API that is
# down ends the run. The plug-in's own 25 take about an hour ("Retries and Waiters" of terraform-provider-aws).
RETRIES = 8

BURSTABLE = re.compile(r"t[1-9]")

# What an instance cannot change without being made again; the lock pins them for new machines only. A public address
# goes when an instance is stopped, which would make a new machine of it.
FIXED_AT_BIRTH = ["ami", "userData", "keyName", "placementGroup", "associatePublicIpAddress"]


@dataclass(frozen=True)
class Zone:
    """What the machines of a zone share: the subnet, and its way out."""

    subnet: ec2.Subnet
    way_out: ec2.RouteTableAssociation


@dataclass(frozen=True)
class Region:
    """What the machines of a region share. Zones by the provider's id, security groups by group."""

    zones: dict[str, Zone]
    key_pair: ec2.KeyPair
    security_groups: dict[str, ec2.SecurityGroup]
    placement_groups: dict[str, ec2.PlacementGroup]


def make_provider(account: Account, namespace: str | None) -> aws.Provider:
    """The account's provider. Credentials are `aws:profile`, or `aws:accessKey` and `aws:secretKey`, or the SDK's own.

    Every resource names its own region; `aws:region` is where the credentials are checked, which can be changed while
    that region is out.
    `project` of the account is the AWS account's number: with other credentials than that account's nothing starts.
    """
    config = pulumi.Config(namespace or "aws")
    return aws.Provider(
        account.name,
        region=config.get("region") or next(iter(account.regions), DEFAULT_REGION),
        profile=config.get("profile"),
        access_key=config.get_secret("accessKey"),
        secret_key=config.get_secret("secretKey"),
        token=config.get_secret("token"),
        allowed_account_ids=[account.project] if account.project else None,
        max_retries=RETRIES,
    )


def declare(declaration: Declaration) -> dict[str, MachineOutputs]:
    """Declares the account's resources; outputs by machine id."""
    for machine in declaration.machines:
        refuse_unfit(machine)
    if declaration.asks_first:
        aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=declaration.provider))
    if not declaration.scope.declares_machines:
        for machine in declaration.machines:
            declare_volume(declaration, machine, machine.zone)
        return {}
    names = sorted({machine.region for machine in declaration.machines})
    regions = {name: declare_region(declaration, name) for name in names}
    return {
        machine.machine: declare_machine(declaration, machine, regions[machine.region])
        for machine in declaration.machines
    }


def refuse_unfit(machine: Machine) -> None:
    """RunError where the lock asks for what this program does not make."""
    if machine.zone_id is None or not ZONE_ID.fullmatch(machine.zone_id):
        raise pulumi.RunError(
            f"{machine.machine}: zone {machine.zone} has no id of an availability zone (such as use1-az4) in the lock: "
            "give it one in the catalogue's sites.csv and place again"
        )
    if machine.volume_gib is None:
        raise pulumi.RunError(
            f"{machine.machine}: the local disks of {machine.machine_type} lose their data when it stops: "
            "ask for a disk_kind that a volume has, or for more disk than the type has"
        )


def declare_region(declaration: Declaration, region: str) -> Region:
    """The network, key, security groups and placement groups of a region."""
    machines = [machine for machine in declaration.machines if machine.region == region]
    vpc = declare_vpc(declaration, region)
    routes = declare_routes(declaration, region, vpc)
    zones = sorted({machine.zone_id for machine in machines if machine.zone_id})
    groups = sorted({machine.group for machine in machines})
    spreads = sorted({get_spread(machine, NODES_PER_PLACEMENT_GROUP) for machine in machines})
    return Region(
        zones={zone: declare_zone(declaration, (region, zone), vpc, routes) for zone in zones},
        key_pair=declare_key_pair(declaration, region),
        security_groups={group: declare_security_group(declaration, (region, group), vpc) for group in groups},
        placement_groups={spread: declare_placement_group(declaration, (region, spread)) for spread in spreads},
    )


def declare_vpc(declaration: Declaration, region: str) -> ec2.Vpc:
    """The region's private network, with public IPv6 addresses of Amazon's."""
    return ec2.Vpc(
        declaration.name_shared(f"vpc-{region}"),
        region=region,
        cidr_block=IP_RANGE,
        assign_generated_ipv6_cidr_block=True,
        enable_dns_support=True,
        enable_dns_hostnames=False,
        tags=tag_shared(declaration, declaration.fleet),
        opts=declaration.build_options(),
    )


def declare_routes(declaration: Declaration, region: str, vpc: ec2.Vpc) -> ec2.RouteTable:
    """The internet gateway, and the routes to it."""
    gateway = ec2.InternetGateway(
        declaration.name_shared(f"gateway-{region}"),
        region=region,
        vpc_id=vpc.id,
        tags=tag_shared(declaration, declaration.fleet),
        opts=declaration.build_options(),
    )
    return ec2.RouteTable(
        declaration.name_shared(f"routes-{region}"),
        region=region,
        vpc_id=vpc.id,
        routes=[
            ec2.RouteTableRouteArgs(cidr_block=ANYWHERE, gateway_id=gateway.id),
            ec2.RouteTableRouteArgs(ipv6_cidr_block=ANYWHERE_IPV6, gateway_id=gateway.id),
        ],
        tags=tag_shared(declaration, declaration.fleet),
        opts=declaration.build_options(),
    )


def declare_zone(declaration: Declaration, place: tuple[str, str], vpc: ec2.Vpc, routes: ec2.RouteTable) -> Zone:
    """The subnet of a zone (`place` is region and zone id), and its way out.

    The zone is named by its id: the letters of one zone differ between accounts, and failure domains go by the id.
    """
    region, zone = place
    number = int(zone.rpartition("-az")[2])
    subnet = ec2.Subnet(
        declaration.name_shared(f"subnet-{zone}"),
        region=region,
        vpc_id=vpc.id,
        availability_zone_id=zone,
        cidr_block=cut_subnet(IP_RANGE, SUBNET_PREFIX, number),
        ipv6_cidr_block=vpc.ipv6_cidr_block.apply(lambda block: cut_subnet(block, SUBNET_PREFIX_IPV6, number)),
        assign_ipv6_address_on_creation=True,
        map_public_ip_on_launch=False,  # each instance says so for itself
        tags=tag_shared(declaration, f"{declaration.fleet}-{zone}"),
        opts=declaration.build_options(),
    )
    way_out = ec2.RouteTableAssociation(
        declaration.name_shared(f"route-{zone}"),
        region=region,
        subnet_id=subnet.id,
        route_table_id=routes.id,
        opts=declaration.build_options(),
    )
    return Zone(subnet, way_out)


def cut_subnet(block: str, prefix: int, number: int) -> str:
    """The part of that number and prefix length of an address block; numbers count from 0."""
    network = ip_network(block)
    size = 1 << (network.max_prefixlen - prefix)
    return f"{network.network_address + number * size}/{prefix}"


def declare_key_pair(declaration: Declaration, region: str) -> ec2.KeyPair:
    """The first operator's key: an instance takes one. All of them, this one too, come by user data.

    The name tells keys apart, so that a new key is there before the old one goes.
    """
    key = declaration.require_access().ssh_keys[0]
    digest = hashlib.sha256(" ".join(key.split()[:2]).encode()).hexdigest()[:8]
    return ec2.KeyPair(
        declaration.name_shared(f"operator-{region}"),
        region=region,
        key_name=f"{declaration.fleet}-{region}-{digest}",
        public_key=key,
        tags=tag_shared(declaration, f"{declaration.fleet}-{region}-{digest}"),
        opts=declaration.build_options(),
    )


def declare_security_group(declaration: Declaration, place: tuple[str, str], vpc: ec2.Vpc) -> ec2.SecurityGroup:
    """What may reach a group's machines in a region (`place` is region and group); nothing but what a rule allows.

    Rules stand within the group, so that one added by hand is a difference that the next run takes away.
    """
    region, group = place
    ssh_from = declaration.require_access().ssh_from
    return ec2.SecurityGroup(
        declaration.name_shared(f"firewall-{group}-{region}"),
        region=region,
        name=f"{declaration.fleet}-{group}",
        description=f"Machines of group {group} of fleet {declaration.fleet}",
        vpc_id=vpc.id,
        ingress=list_ingress(declaration.list_open_ports(group), ssh_from),
        egress=[
            ec2.SecurityGroupEgressArgs(
                protocol=EVERY_PROTOCOL,
                from_port=0,
                to_port=0,
                cidr_blocks=[ANYWHERE],
                ipv6_cidr_blocks=[ANYWHERE_IPV6],
                description="everything",
            )
        ],
        tags=tag_shared(declaration, f"{declaration.fleet}-{group}") | {"group": group},
        opts=declaration.build_options(),
    )


def list_ingress(ports: tuple[Port, ...], ssh_from: tuple[str, ...]) -> list[ec2.SecurityGroupIngressArgs]:
    """Inbound rules: SSH from the operators, peers from anywhere, and what both need of ICMP."""
    operators = [ip_network(network, strict=False) for network in ssh_from]
    ssh = ec2.SecurityGroupIngressArgs(
        protocol="tcp",
        from_port=22,
        to_port=22,
        cidr_blocks=[str(network) for network in operators if network.version == 4] or None,
        ipv6_cidr_blocks=[str(network) for network in operators if network.version == 6] or None,
        description="ssh from the operators",
    )
    ping = ec2.SecurityGroupIngressArgs(
        protocol="icmp", from_port=-1, to_port=-1, cidr_blocks=[ANYWHERE], description="path MTU, ping"
    )
    ping_ipv6 = ec2.SecurityGroupIngressArgs(
        protocol="icmpv6", from_port=-1, to_port=-1, ipv6_cidr_blocks=[ANYWHERE_IPV6], description="path MTU, ping"
    )
    peers = [
        ec2.SecurityGroupIngressArgs(
            protocol=port.protocol,
            from_port=port.port,
            to_port=port.port,
            cidr_blocks=[ANYWHERE],
            ipv6_cidr_blocks=[ANYWHERE_IPV6],
            description=port.name,
        )
        for port in ports
    ]
    return [ssh, ping, ping_ipv6, *peers]


def declare_placement_group(declaration: Declaration, place: tuple[str, str]) -> ec2.PlacementGroup:
    """Machines that stand on different racks (`place` is region and the group's name)."""
    region, spread = place
    return ec2.PlacementGroup(
        declaration.name_shared(f"spread-{spread}"),
        region=region,
        name=f"{declaration.fleet}-{spread}",
        strategy="spread",
        spread_level="rack",
        tags=tag_shared(declaration, f"{declaration.fleet}-{spread}"),
        opts=declaration.build_options(),
    )


def declare_machine(declaration: Declaration, machine: Machine, region: Region) -> MachineOutputs:
    """The instance, its data volume, and its reserved address where it has one."""
    zone = region.zones[str(machine.zone_id)]
    instance = declare_instance(declaration, machine, region)
    # Of an instance that is refused, nothing is left behind.
    volume = declare_volume(declaration, machine, zone.subnet.availability_zone, [instance])
    ec2.VolumeAttachment(
        f"{machine.hostname}-data",
        region=machine.region,
        device_name=DEVICE_NAME,
        instance_id=instance.id,
        volume_id=volume.id,
        stop_instance_before_detaching=True,  # a mounted volume is not let go before
        opts=declaration.build_options(delete_before_replace=True),
    )
    address = instance.public_ip
    if machine.address == "reserved":
        address = declare_address(declaration, machine, instance).public_ip
    return declaration.build_outputs(machine, address, volume.id.apply(name_device))


def declare_instance(declaration: Declaration, machine: Machine, region: Region) -> ec2.Instance:
    """The instance itself. It has no role (instance profile): nothing on a node calls AWS."""
    protected = declaration.is_machine_protected(machine)
    zone = region.zones[str(machine.zone_id)]
    return ec2.Instance(
        machine.hostname,
        region=machine.region,
        ami=machine.image,
        instance_type=machine.machine_type,
        subnet_id=zone.subnet.id,
        associate_public_ip_address=True,  # with a reserved address too, which comes after the first boot
        vpc_security_group_ids=[region.security_groups[machine.group].id],
        source_dest_check=True,
        key_name=region.key_pair.key_name,
        placement_group=region.placement_groups[get_spread(machine, NODES_PER_PLACEMENT_GROUP)].name,
        user_data=declaration.build_user_data(machine),
        user_data_replace_on_change=False,
        metadata_options=ec2.InstanceMetadataOptionsArgs(
            http_endpoint="enabled",
            http_tokens="required",  # IMDSv2 alone: a client that is talked into a request gets no answer
            http_put_response_hop_limit=1,
            instance_metadata_tags="disabled",
        ),
        # Without tags: with the machine's it would pass for its data volume, which has the same name.
        root_block_device=ec2.InstanceRootBlockDeviceArgs(
            volume_type="gp3", volume_size=ROOT_GIB, encrypted=True, delete_on_termination=True
        ),
        credit_specification=build_credits(machine),
        monitoring=False,  # metrics every five minutes; a minute's costs extra, and nothing reads them
        disable_api_termination=protected,
        disable_api_stop=protected and declaration.is_signing(machine),
        tags=tag_machine(declaration, machine),
        opts=declaration.build_options(
            protect=protected,
            ignore_changes=FIXED_AT_BIRTH,
            depends_on=[zone.way_out],
            custom_timeouts=pulumi.CustomTimeouts(create="15m"),
        ),
    )


def build_credits(machine: Machine) -> ec2.InstanceCreditSpecificationArgs | None:
    """A burstable type slows down when its credits are used up, in place of costing more than its price."""
    if not BURSTABLE.match(machine.machine_type):
        return None
    return ec2.InstanceCreditSpecificationArgs(cpu_credits="standard")


def declare_volume(
    declaration: Declaration, machine: Machine, zone: pulumi.Input[str], after: Sequence[pulumi.Resource] = ()
) -> ebs.Volume:
    """The data volume: a resource of its own, because days of sync are on it.

    `zone` is the account's own name of its zone; of a volume that exists it is not looked at.
    """
    protected = declaration.is_data_protected(machine)
    return ebs.Volume(
        f"{machine.hostname}-volume",
        region=machine.region,
        availability_zone=zone,
        size=machine.volume_gib,
        type=machine.volume_type,
        iops=machine.volume_iops,
        throughput=compute_throughput(machine),
        encrypted=True,
        tags=tag_machine(declaration, machine),
        opts=declaration.build_options(
            protect=protected,
            retain_on_delete=protected,
            ignore_changes=["availabilityZone"],
            depends_on=list(after),
        ),
    )


def compute_throughput(machine: Machine) -> int | None:
    """MiB a second of a gp3 volume whose operations are provisioned; None: what the type comes with."""
    if machine.volume_type != "gp3" or machine.volume_iops is None:
        return None
    return min(max(machine.volume_iops // OPERATIONS_PER_MIB, THROUGHPUT_MIB[0]), THROUGHPUT_MIB[-1])


def declare_address(declaration: Declaration, machine: Machine, instance: ec2.Instance) -> ec2.Eip:
    """An address that is the machine's until it is retired, whatever happens to the instance."""
    return ec2.Eip(
        f"{machine.hostname}-address",
        region=machine.region,
        domain="vpc",
        instance=instance.id,
        tags=tag_machine(declaration, machine),
        opts=declaration.build_options(protect=declaration.is_machine_protected(machine)),
    )


def name_device(volume: str) -> str:
    """Where a machine finds the volume of that id: NVMe devices tell it as their serial number, without the dash."""
    return DEVICE_LINK.format(volume.replace("-", ""))


def tag_shared(declaration: Declaration, name: str) -> dict[str, str]:
    """The fleet's labels, and the name that the console shows."""
    return declaration.list_shared_labels() | {"Name": name}


def tag_machine(declaration: Declaration, machine: Machine) -> dict[str, str]:
    """The machine's labels, and the name that the console shows."""
    return declaration.list_labels(machine) | {"Name": f"{declaration.fleet}-{machine.hostname}"}


# Types by how their ARNs name them, for those whose id is in the ARN: arn:aws:ec2:us-east-1:123456789012:vpc/vpc-0a1b.
TYPES_BY_ARN = {
    "vpc": "aws:ec2/vpc:Vpc",
    "internet-gateway": "aws:ec2/internetGateway:InternetGateway",
    "route-table": "aws:ec2/routeTable:RouteTable",
    "subnet": "aws:ec2/subnet:Subnet",
    "security-group": "aws:ec2/securityGroup:SecurityGroup",
    "instance": "aws:ec2/instance:Instance",
    "volume": "aws:ebs/volume:Volume",
    "elastic-ip": "aws:ec2/eip:Eip",
}


def list_labelled(area: Area, options: pulumi.InvokeOptions | None) -> Iterator[Found]:
    """All that carries the fleet's tags in the account's regions; names are told apart by region."""
    filters = [
        resourcegroupstaggingapi.GetResourcesTagFilterArgs(key=key, values=[value])
        for key, value in (("fleet", area.fleet), ("managed-by", MANAGED_BY))
    ]
    for region in area.regions:
        answer = resourcegroupstaggingapi.get_resources(
            region=region, resource_type_filters=["ec2"], tag_filters=filters, opts=options
        )
        for mapping in answer.resource_tag_mapping_lists:
            kind, _, identifier = mapping.resource_arn.rpartition(":")[2].partition("/")
            if kind in TYPES_BY_ARN:
                name = name_in_region(region, mapping.tags.get("Name", ""))
                yield Found(TYPES_BY_ARN[kind], identifier, name, name_import(region, identifier))


def name_import(region: str, identifier: str) -> str:
    """The id as `pulumi import` takes it: without the region it would be looked for in the provider's own."""
    return f"{identifier}@{region}"


def name_in_region(region: str, name: str) -> str:
    """A name that is unique in the account: shared resources of all regions are named alike."""
    return f"{region}/{name}"


def read_name(inputs: Inputs) -> str:
    """The same, from the inputs of a create."""
    return name_in_region(inputs["region"], inputs["tags"]["Name"])


def by_id(form: str) -> ById:
    """An id made of inputs, which `form` names."""
    return ById(lambda inputs: name_import(inputs["region"], form.format_map(inputs)))


SEARCH = Search(
    list_labelled,
    {
        **dict.fromkeys(TYPES_BY_ARN.values(), ByName(read_name)),
        "aws:ec2/keyPair:KeyPair": by_id("{keyName}"),
        "aws:ec2/placementGroup:PlacementGroup": by_id("{name}"),
        "aws:ec2/routeTableAssociation:RouteTableAssociation": by_id("{subnetId}/{routeTableId}"),
        "aws:ec2/volumeAttachment:VolumeAttachment": by_id("{deviceName}:{volumeId}:{instanceId}"),
    },
)
