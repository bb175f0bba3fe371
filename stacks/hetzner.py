"""Hetzner Cloud: what each machine of the lock gets there.

Per account a network with a subnet for each network zone, and the operators' keys; per group a firewall; per group,
region and ten machines a placement group that keeps them on different hardware; per machine a server and, where local
disk is not enough, a data volume of its own; a primary IP where the group asks for reserved addresses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_hcloud as hcloud
from declaration import MANAGED_BY, Declaration, MachineOutputs, get_spread
from survey import Area, ById, ByName, Found, Inputs, Search

from orchestrator.model.client import Port
from orchestrator.model.fleet import Account
from orchestrator.model.lock import Machine

# A placement group holds at most ten servers (docs.hetzner.com, "Placement Groups"). Five nodes leave room for both
# machines of each node while it moves.
NODES_PER_PLACEMENT_GROUP = 5

IP_RANGE = "10.64.0.0/16"
# Every network zone has its subnet from the start, so that no change of placement adds or deletes one.
SUBNETS = {
    "eu-central": "10.64.0.0/18",
    "us-east": "10.64.64.0/18",
    "us-west": "10.64.128.0/18",
    "ap-southeast": "10.64.192.0/18",
}
ANYWHERE = ["0.0.0.0/0", "::/0"]
SMALLEST_VOLUME_GIB = 10  # the API's own minimum

SERVER = "hcloud:index/server:Server"
VOLUME = "hcloud:index/volume:Volume"
ADDRESS = "hcloud:index/primaryIp:PrimaryIp"
NETWORK = "hcloud:index/network:Network"
FIREWALL = "hcloud:index/firewall:Firewall"
SSH_KEY = "hcloud:index/sshKey:SshKey"
PLACEMENT_GROUP = "hcloud:index/placementGroup:PlacementGroup"

# What a server cannot change without being made again; the lock pins them for new machines only.
FIXED_AT_BIRTH = ["image", "userData", "sshKeys", "placementGroupId"]


@dataclass(frozen=True)
class Shared:
    """What the servers of an account share."""

    network: hcloud.Network
    subnets: list[hcloud.NetworkSubnet]
    ssh_keys: list[hcloud.SshKey]
    firewalls: dict[str, hcloud.Firewall]
    placement_groups: dict[str, hcloud.PlacementGroup]


def make_provider(account: Account, namespace: str | None) -> hcloud.Provider:
    """The account's provider; its token is `hcloud:token`, or the variable HCLOUD_TOKEN."""
    return hcloud.Provider(account.name, token=pulumi.Config(namespace or "hcloud").get_secret("token"))


def declare(declaration: Declaration) -> dict[str, MachineOutputs]:
    """Declares the account's resources; outputs by machine id."""
    if declaration.asks_first:
        hcloud.get_locations(opts=pulumi.InvokeOptions(provider=declaration.provider))
    if not declaration.scope.declares_machines:
        for machine in declaration.machines:
            declare_volume(declaration, machine)
        return {}
    shared = declare_shared(declaration)
    return {machine.machine: declare_machine(declaration, machine, shared) for machine in declaration.machines}


def declare_shared(declaration: Declaration) -> Shared:
    """The network, keys, firewalls and placement groups."""
    labels = declaration.list_shared_labels()
    name = declaration.fleet
    network = hcloud.Network(
        declaration.name_shared("network"),
        name=name,
        ip_range=IP_RANGE,
        labels=labels,
        opts=declaration.build_options(),
    )
    subnets = [
        hcloud.NetworkSubnet(
            declaration.name_shared(f"subnet-{zone}"),
            network_id=network.id.apply(int),
            type="cloud",
            network_zone=zone,
            ip_range=ip_range,
            opts=declaration.build_options(),
        )
        for zone, ip_range in SUBNETS.items()
    ]
    access = declaration.require_access()
    ssh_keys = [
        hcloud.SshKey(
            declaration.name_shared(f"operator-{number}"),
            name=f"{name}-operator-{number}",
            public_key=key,
            labels=labels,
            opts=declaration.build_options(),
        )
        for number, key in enumerate(access.ssh_keys, start=1)
    ]
    groups = sorted({machine.group for machine in declaration.machines})
    firewalls = {
        group: hcloud.Firewall(
            declaration.name_shared(f"firewall-{group}"),
            name=f"{name}-{group}",
            labels=labels | {"group": group},
            rules=list_firewall_rules(declaration.list_open_ports(group), access.ssh_from),
            opts=declaration.build_options(),
        )
        for group in groups
    }
    spreads = sorted({get_spread(machine, NODES_PER_PLACEMENT_GROUP) for machine in declaration.machines})
    placement_groups = {
        spread: hcloud.PlacementGroup(
            declaration.name_shared(f"spread-{spread}"),
            name=f"{name}-{spread}",
            type="spread",
            labels=labels,
            opts=declaration.build_options(),
        )
        for spread in spreads
    }
    return Shared(network, subnets, ssh_keys, firewalls, placement_groups)


def list_firewall_rules(ports: tuple[Port, ...], ssh_from: tuple[str, ...]) -> list[hcloud.FirewallRuleArgs]:
    """Inbound rules; a Hetzner firewall refuses what no rule allows. SSH from the operators, peers from anywhere."""
    ssh = hcloud.FirewallRuleArgs(
        direction="in", protocol="tcp", port="22", source_ips=list(ssh_from), description="ssh from the operators"
    )
    ping = hcloud.FirewallRuleArgs(direction="in", protocol="icmp", source_ips=ANYWHERE, description="path MTU, ping")
    peers = [
        hcloud.FirewallRuleArgs(
            direction="in", protocol=port.protocol, port=str(port.port), source_ips=ANYWHERE, description=port.name
        )
        for port in ports
    ]
    return [ssh, ping, *peers]


def declare_machine(declaration: Declaration, machine: Machine, shared: Shared) -> MachineOutputs:
    """The server, and its data volume where it has one."""
    server = declare_server(declaration, machine, shared)
    volume = declare_volume(declaration, machine, [server])  # of a server that is refused, nothing is left behind
    if volume is not None:
        hcloud.VolumeAttachment(
            f"{machine.hostname}-data",
            server_id=server.id.apply(int),
            volume_id=volume.id.apply(int),
            automount=False,
            opts=declaration.build_options(delete_before_replace=True),
        )
    return declaration.build_outputs(machine, server.ipv4_address, None if volume is None else volume.linux_device)


def declare_server(declaration: Declaration, machine: Machine, shared: Shared) -> hcloud.Server:
    """The server itself."""
    protected = declaration.is_machine_protected(machine)
    address = declare_address(declaration, machine)
    return hcloud.Server(
        machine.hostname,
        name=f"{declaration.fleet}-{machine.hostname}",
        server_type=machine.machine_type,
        location=machine.region,
        image=machine.image,
        ssh_keys=[key.id for key in shared.ssh_keys],
        user_data=declaration.build_user_data(machine),
        firewall_ids=[shared.firewalls[machine.group].id.apply(int)],
        networks=[hcloud.ServerNetworkArgs(network_id=shared.network.id.apply(int))],
        placement_group_id=shared.placement_groups[get_spread(machine, NODES_PER_PLACEMENT_GROUP)].id.apply(int),
        public_nets=None if address is None else [hcloud.ServerPublicNetArgs(ipv4=address.id.apply(int))],
        labels=declaration.list_labels(machine),
        delete_protection=protected,
        rebuild_protection=protected,  # the API wants the two alike
        shutdown_before_deletion=True,
        opts=declaration.build_options(
            protect=protected,
            ignore_changes=[*FIXED_AT_BIRTH, *(["name"] if machine.existing is not None else [])],
            depends_on=list(shared.subnets),
            custom_timeouts=pulumi.CustomTimeouts(create="15m"),
        ),
    )


def declare_address(declaration: Declaration, machine: Machine) -> hcloud.PrimaryIp | None:
    """The reserved address, where the machine has one: it outlives a server that is lost, not one that is retired."""
    if machine.address != "reserved":
        return None
    protected = declaration.is_machine_protected(machine)
    return hcloud.PrimaryIp(
        f"{machine.hostname}-address",
        name=f"{declaration.fleet}-{machine.hostname}",
        type="ipv4",
        assignee_type="server",
        location=machine.region,
        auto_delete=False,
        labels=declaration.list_labels(machine),
        delete_protection=protected,
        opts=declaration.build_options(protect=protected),
    )


def declare_volume(
    declaration: Declaration, machine: Machine, after: Sequence[pulumi.Resource] = ()
) -> hcloud.Volume | None:
    """The data volume: a resource of its own, because days of sync are on it."""
    if machine.volume_gib is None:
        return None
    protected = declaration.is_data_protected(machine)
    return hcloud.Volume(
        f"{machine.hostname}-volume",
        name=f"{declaration.fleet}-{machine.hostname}",
        size=max(machine.volume_gib, SMALLEST_VOLUME_GIB),
        location=machine.region,
        labels=declaration.list_labels(machine),
        delete_protection=protected,
        opts=declaration.build_options(protect=protected, retain_on_delete=protected, depends_on=list(after)),
    )


def list_labelled(area: Area, options: pulumi.InvokeOptions | None) -> Iterator[Found]:
    """All that carries the fleet's labels in the account."""
    selector = f"fleet={area.fleet},managed-by={MANAGED_BY}"
    for server in hcloud.get_servers(with_selector=selector, opts=options).servers:
        yield Found(SERVER, str(server.id), server.name)
    for volume in hcloud.get_volumes(with_selector=selector, opts=options).volumes:
        yield Found(VOLUME, str(volume.id), volume.name)
    for address in hcloud.get_primary_ips(with_selector=selector, opts=options).primary_ips:
        yield Found(ADDRESS, str(address.id), address.name)
    for network in hcloud.get_networks(with_selector=selector, opts=options).networks:
        yield Found(NETWORK, str(network.id), network.name)
    for firewall in hcloud.get_firewalls(with_selector=selector, opts=options).firewalls:
        yield Found(FIREWALL, str(firewall.id), firewall.name)
    for key in hcloud.get_ssh_keys(with_selector=selector, opts=options).ssh_keys:
        yield Found(SSH_KEY, str(key.id), key.name)
    for group in hcloud.get_placement_groups(with_selector=selector, opts=options).placement_groups:
        yield Found(PLACEMENT_GROUP, str(group.id), group.name)


def build_subnet_id(inputs: Inputs) -> str:
    """A subnet has no id of its own at Hetzner: the provider's is made of the network's and the range."""
    return f"{int(inputs['networkId'])}-{inputs['ipRange']}"


SEARCH = Search(
    list_labelled,
    {
        **dict.fromkeys((SERVER, VOLUME, ADDRESS, NETWORK, FIREWALL, SSH_KEY, PLACEMENT_GROUP), ByName()),
        "hcloud:index/networkSubnet:NetworkSubnet": ById(build_subnet_id),
        "hcloud:index/volumeAttachment:VolumeAttachment": ById(lambda inputs: str(int(inputs["volumeId"]))),
    },
)
