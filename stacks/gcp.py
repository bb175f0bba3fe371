"""Google Cloud: what each machine of the lock gets there.

Per account a network of its own with a subnetwork for each region in use; per group firewall rules; per group and
region a placement policy that keeps machines on different hardware; per machine an instance, a data disk of its own,
and a static address where the group asks for one.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import pulumi
import pulumi_gcp as gcp
from declaration import MANAGED_BY, Declaration, MachineOutputs, get_spread
from pulumi_gcp import compute
from startup_script import render_startup_script
from survey import ById, Inputs, Search

from orchestrator.model.client import Port
from orchestrator.model.fleet import Account
from orchestrator.model.lock import Machine

# Each region's /16 of 10.64.0.0/10 is its place in this list, so a range never changes; add new regions at the end.
REGIONS = (
    *("africa-south1", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3"),
    *("asia-south1", "asia-south2", "asia-southeast1", "asia-southeast2", "asia-southeast3"),
    *("australia-southeast1", "australia-southeast2"),
    *("europe-central2", "europe-north1", "europe-north2", "europe-southwest1", "europe-west1", "europe-west10"),
    *("europe-west12", "europe-west2", "europe-west3", "europe-west4", "europe-west6", "europe-west8", "europe-west9"),
    *("me-central1", "me-central2", "me-west1"),
    *("northamerica-northeast1", "northamerica-northeast2", "northamerica-south1"),
    *("southamerica-east1", "southamerica-west1"),
    *("us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west2", "us-west3", "us-west4"),
)
FIRST_RANGE = 64

ANYWHERE = "0.0.0.0/0"
NAME_LENGTH = 63  # RFC 1035, which Google holds names and tags to
DIGEST_LENGTH = 8
DEVICE_LINK = "/dev/disk/by-id/google-{}"  # made by Google's udev rules from the attachment's device name
BOOT_DISK_TYPE = "pd-balanced"
BOOT_DISK_GIB = 20  # the system, its logs, the clients' programs; chain data is on the data disk
SMALLEST_DISK_GIB = 10  # the API's minimum for persistent disks
# The types whose IOPS are bought; those of the others follow from size and vCPUs ("About Persistent Disk performance").
PROVISIONED_TYPES = ("hyperdisk-", "pd-extreme")

# A policy has eight availability domains at most and takes 256 instances ("Placement policies overview"). A hundred
# nodes leave room for both machines of each node while it moves.
AVAILABILITY_DOMAINS = 8
NODES_PER_POLICY = 100
FAMILIES_WITHOUT_PLACEMENT = frozenset({"e2"})

# What an instance cannot change without being made again, or only at a boot: new machines alone get it. Data disks are
# attached by resources of their own.
FIXED_AT_BIRTH = ["bootDisk", 'metadata["startup-script"]', "resourcePolicies", "attachedDisks"]


@dataclass(frozen=True)
class Shared:
    """What the instances of an account share."""

    subnetworks: dict[str, compute.Subnetwork]
    firewalls: dict[str, list[compute.Firewall]]
    policies: dict[str, compute.ResourcePolicy]


def make_provider(account: Account, namespace: str | None) -> gcp.Provider:
    """The account's provider, for its project.

    Credentials are `gcp:credentials` or `gcp:accessToken`, or what Google's libraries find: GOOGLE_CREDENTIALS,
    GOOGLE_APPLICATION_CREDENTIALS, the application default credentials.
    """
    config = pulumi.Config(namespace or "gcp")
    if account.project is None:
        raise pulumi.RunError(f"account {account.name} names no project: add project: ID to it in the spec")
    return gcp.Provider(
        account.name,
        project=account.project,
        credentials=config.get_secret("credentials"),
        access_token=config.get_secret("accessToken"),
    )


def declare(declaration: Declaration) -> dict[str, MachineOutputs]:
    """Declares the account's resources; outputs by machine id."""
    for machine in declaration.machines:
        refuse_unfit(machine)
    if declaration.asks_first and declaration.area.regions:
        options = pulumi.InvokeOptions(provider=declaration.provider)
        compute.get_zones(project=declaration.account.project, region=declaration.area.regions[0], opts=options)
    if not declaration.scope.declares_machines:
        for machine in declaration.machines:
            declare_disk(declaration, machine)
        return {}
    shared = declare_shared(declaration)
    return {machine.machine: declare_machine(declaration, machine, shared) for machine in declaration.machines}


def refuse_unfit(machine: Machine) -> None:
    """RunError where the lock asks for what this program does not make."""
    if machine.volume_gib is None:
        raise pulumi.RunError(
            f"{machine.machine}: the local disks of {machine.machine_type} lose their data when it stops: "
            "ask for a disk_kind that a volume has, or for more disk than the type has"
        )
    kind = machine.volume_type or BOOT_DISK_TYPE
    if machine.volume_iops is not None and not kind.startswith(PROVISIONED_TYPES):
        raise pulumi.RunError(
            f"{machine.machine}: the IOPS of a {kind} disk follow from its size and cannot be provisioned: "
            "take iops out of the group, or have a type of hyperdisk in the catalogue"
        )


def declare_shared(declaration: Declaration) -> Shared:
    """The network, its subnetworks, firewall rules and placement policies."""
    network = compute.Network(
        declaration.name_shared("network"),
        name=name_in_cloud(declaration.fleet),
        project=declaration.account.project,
        auto_create_subnetworks=False,
        description=describe(declaration),
        routing_mode="REGIONAL",
        opts=declaration.build_options(),
    )
    subnetworks = {
        region: compute.Subnetwork(
            declaration.name_shared(f"subnet-{region}"),
            name=name_in_cloud(declaration.fleet, region),
            project=declaration.account.project,
            network=network.id,
            region=region,
            ip_cidr_range=get_range(region),
            stack_type="IPV4_ONLY",
            opts=declaration.build_options(),
        )
        for region in sorted({machine.region for machine in declaration.machines})
    }
    groups = sorted({machine.group for machine in declaration.machines})
    firewalls = {group: list(declare_firewalls(declaration, network, group)) for group in groups}
    found = ((find_spread(machine), machine.region) for machine in declaration.machines)
    spreads = sorted({(spread, region) for spread, region in found if spread is not None})
    policies = {spread: declare_policy(declaration, spread, region) for spread, region in spreads}
    return Shared(subnetworks, firewalls, policies)


def describe(declaration: Declaration) -> str:
    """Whose a network or a rule is: they have no labels."""
    return f"Fleet {declaration.fleet}, declared by {MANAGED_BY}"


def get_range(region: str) -> str:
    """The addresses of a region's subnetwork."""
    if region not in REGIONS:
        raise pulumi.RunError(f"region {region} has no addresses yet: add it at the end of REGIONS in stacks/gcp.py")
    return f"10.{FIRST_RANGE + REGIONS.index(region)}.0.0/16"


def declare_firewalls(declaration: Declaration, network: compute.Network, group: str) -> Iterator[compute.Firewall]:
    """What comes in to a group's machines; a network refuses what no rule allows. Rules apply by the group's tag."""
    tag = name_in_cloud(declaration.fleet, group)
    ssh = compute.FirewallAllowArgs(protocol="tcp", ports=["22"])
    sources = list_ipv4_sources(declaration.require_access().ssh_from)
    peers = list_peer_rules(declaration.list_open_ports(group))
    for name, allows, ranges in (("ssh", [ssh], sources), ("peers", peers, [ANYWHERE])):
        yield compute.Firewall(
            declaration.name_shared(f"firewall-{group}-{name}"),
            name=name_in_cloud(declaration.fleet, group, name),
            project=declaration.account.project,
            network=network.id,
            description=describe(declaration),
            direction="INGRESS",
            allows=allows,
            source_ranges=ranges,
            target_tags=[tag],
            opts=declaration.build_options(),
        )


def list_ipv4_sources(networks: tuple[str, ...]) -> list[str]:
    """The IPv4 networks that SSH is open to: machines have no IPv6 address here, and Google takes no rule with both."""
    operators = [ip_network(network, strict=False) for network in networks]
    sources = [str(network) for network in operators if network.version == 4]
    if not sources:
        raise pulumi.RunError("access.ssh_from has no IPv4 network, and machines on Google Cloud have IPv4 alone")
    return sources


def list_peer_rules(ports: tuple[Port, ...]) -> list[compute.FirewallAllowArgs]:
    """What anyone may send: ICMP (path MTU, ping) and the clients' open ports, a rule for each protocol."""
    protocols = sorted({port.protocol for port in ports})
    numbers = {name: sorted({port.port for port in ports if port.protocol == name}) for name in protocols}
    open_ports = [compute.FirewallAllowArgs(protocol=name, ports=list(map(str, numbers[name]))) for name in protocols]
    return [compute.FirewallAllowArgs(protocol="icmp"), *open_ports]


def declare_policy(declaration: Declaration, spread: str, region: str) -> compute.ResourcePolicy:
    """Keeps the machines of a group in one zone on hardware that fails apart."""
    return compute.ResourcePolicy(
        declaration.name_shared(f"spread-{spread}"),
        name=name_in_cloud(declaration.fleet, spread),
        project=declaration.account.project,
        region=region,
        group_placement_policy=compute.ResourcePolicyGroupPlacementPolicyArgs(
            availability_domain_count=AVAILABILITY_DOMAINS
        ),
        opts=declaration.build_options(),
    )


def find_spread(machine: Machine) -> str | None:
    """The placement policy that a machine belongs to; None where its family takes none."""
    if machine.machine_type.partition("-")[0] in FAMILIES_WITHOUT_PLACEMENT:
        return None
    return get_spread(machine, NODES_PER_POLICY)


def declare_machine(declaration: Declaration, machine: Machine, shared: Shared) -> MachineOutputs:
    """The instance, and its data disk."""
    instance = declare_instance(declaration, machine, shared)
    disk = declare_disk(declaration, machine, [instance])  # of an instance that is refused, nothing is left behind
    compute.AttachedDisk(
        f"{machine.hostname}-data",
        instance=instance.id,
        disk=disk.id,
        device_name=machine.hostname,
        opts=declaration.build_options(delete_before_replace=True),
    )
    address = instance.network_interfaces.apply(get_public_address)
    return declaration.build_outputs(machine, address, DEVICE_LINK.format(machine.hostname))


def get_public_address(interfaces: Sequence[Any]) -> str:
    """The address that the instance is reached at from anywhere."""
    return str(interfaces[0].access_configs[0].nat_ip)


def declare_instance(declaration: Declaration, machine: Machine, shared: Shared) -> compute.Instance:
    """The instance itself: no service account, so nothing on it can act on the project."""
    protected = declaration.is_machine_protected(machine)
    spread = find_spread(machine)
    address = declare_address(declaration, machine)
    return compute.Instance(
        machine.hostname,
        name=name_in_cloud(declaration.fleet, machine.hostname),
        project=declaration.account.project,
        zone=machine.zone,
        machine_type=machine.machine_type,
        boot_disk=compute.InstanceBootDiskArgs(
            auto_delete=True,
            initialize_params=compute.InstanceBootDiskInitializeParamsArgs(
                image=machine.image, size=BOOT_DISK_GIB, type=BOOT_DISK_TYPE
            ),
        ),
        network_interfaces=[
            compute.InstanceNetworkInterfaceArgs(
                subnetwork=shared.subnetworks[machine.region].id,
                stack_type="IPV4_ONLY",
                access_configs=[
                    compute.InstanceNetworkInterfaceAccessConfigArgs(
                        network_tier="PREMIUM", nat_ip=None if address is None else address.address
                    )
                ],
            )
        ],
        metadata=build_metadata(declaration, machine),
        tags=[name_in_cloud(declaration.fleet, machine.group)],
        labels=list_labels(declaration, machine),
        shielded_instance_config=compute.InstanceShieldedInstanceConfigArgs(
            # Google's arm64 images are not signed for it.
            enable_secure_boot=machine.arch == "x86_64",
            enable_vtpm=True,
            enable_integrity_monitoring=True,
        ),
        scheduling=compute.InstanceSchedulingArgs(
            automatic_restart=True, on_host_maintenance="MIGRATE", provisioning_model="STANDARD"
        ),
        resource_policies=None if spread is None else shared.policies[spread].id,
        can_ip_forward=False,
        allow_stopping_for_update=False,
        deletion_protection=protected,
        opts=declaration.build_options(
            protect=protected,
            ignore_changes=FIXED_AT_BIRTH,
            depends_on=list(shared.firewalls[machine.group]),  # the controller is let in when it boots
            custom_timeouts=pulumi.CustomTimeouts(create="15m", delete="15m"),
        ),
    )


def build_metadata(declaration: Declaration, machine: Machine) -> dict[str, pulumi.Input[str]]:
    """Who may log in is in the startup script alone: no keys of the project, no OS Login, no serial console."""
    keys = declaration.require_access().ssh_keys
    script = declaration.host_key_seed.apply(
        lambda seed: render_startup_script(seed, machine.machine, machine.hostname, keys)
    )
    return {
        "block-project-ssh-keys": "TRUE",
        "enable-oslogin": "FALSE",
        "serial-port-enable": "FALSE",
        "startup-script": script,
    }


def declare_address(declaration: Declaration, machine: Machine) -> compute.Address | None:
    """The static address, where the group asks for one; it goes with the machine."""
    if machine.address != "reserved":
        return None
    return compute.Address(
        f"{machine.hostname}-address",
        name=name_in_cloud(declaration.fleet, machine.hostname),
        project=declaration.account.project,
        region=machine.region,
        address_type="EXTERNAL",
        network_tier="PREMIUM",
        labels=list_labels(declaration, machine),
        opts=declaration.build_options(protect=declaration.is_machine_protected(machine)),
    )


def declare_disk(declaration: Declaration, machine: Machine, after: Sequence[pulumi.Resource] = ()) -> compute.Disk:
    """The data disk: a resource of its own, because days of sync are on it. Google encrypts every disk at rest."""
    protected = declaration.is_data_protected(machine)
    return compute.Disk(
        f"{machine.hostname}-volume",
        name=name_in_cloud(declaration.fleet, machine.hostname, "data"),
        project=declaration.account.project,
        zone=machine.zone,
        type=machine.volume_type or BOOT_DISK_TYPE,
        size=max(machine.volume_gib or 0, SMALLEST_DISK_GIB),
        provisioned_iops=machine.volume_iops,
        labels=list_labels(declaration, machine),
        opts=declaration.build_options(protect=protected, retain_on_delete=protected, depends_on=list(after)),
    )


def name_in_cloud(*parts: str) -> str:
    """The parts as one name; one too long for Google ends in a digest of the whole, so that it stays its own."""
    name = "-".join(parts)
    if len(name) <= NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:DIGEST_LENGTH]
    return f"{name[: NAME_LENGTH - DIGEST_LENGTH - 1].rstrip('-')}-{digest}"


def list_labels(declaration: Declaration, machine: Machine) -> dict[str, str]:
    """The machine's labels. Google's take no dot, so the machine goes by its host name."""
    return declaration.list_labels(machine) | {"machine": machine.hostname}


def find_path(collection: str, place: str | None = None) -> Callable[[Inputs], str]:
    """How the id of a kind of resource, which is its path, follows from its inputs; `place` is zone, region or none."""

    def build_path(inputs: Inputs) -> str:
        scope = "global" if place is None else f"{place}s/{inputs[place]}"
        return f"projects/{inputs['project']}/{scope}/{collection}/{inputs['name']}"

    return build_path


def build_attachment_id(inputs: Inputs) -> str:
    """An attachment's id is the instance's path and the disk's name."""
    return f"{inputs['instance']}/{str(inputs['disk']).rpartition('/')[2]}"


# Every id follows from what the lock says, so nothing has to be listed.
SEARCH = Search(
    lambda _area, _options: (),
    {
        "gcp:compute/network:Network": ById(find_path("networks")),
        "gcp:compute/subnetwork:Subnetwork": ById(find_path("subnetworks", "region")),
        "gcp:compute/firewall:Firewall": ById(find_path("firewalls")),
        "gcp:compute/resourcePolicy:ResourcePolicy": ById(find_path("resourcePolicies", "region")),
        "gcp:compute/address:Address": ById(find_path("addresses", "region")),
        "gcp:compute/disk:Disk": ById(find_path("disks", "zone")),
        "gcp:compute/instance:Instance": ById(find_path("instances", "zone")),
        "gcp:compute/attachedDisk:AttachedDisk": ById(build_attachment_id),
    },
)
