"""The rehearsed Google Cloud's kinds of resources that are little more than what the API remembers of them."""

from ipaddress import ip_network

from pulumi_gcp import compute

from orchestrator.rehearsal.cloud import Properties
from orchestrator.rehearsal.gcp_instances import (
    INSTANCE,
    Instances,
    get_external_address,
    list_disk_users,
    list_users,
)
from orchestrator.rehearsal.gcp_project import GcpKind, GcpRefusal, build_path, refuse_name, refuse_value, to_path
from orchestrator.rehearsal.provider_account import to_whole
from orchestrator.rehearsal.world import allocate_address, get_volume_folder, remove_folder

DISK_SIZES_GIB = range(10, 65537)
DISK_TYPES = ("pd-standard", "pd-balanced", "pd-ssd", "pd-extreme", "hyperdisk-balanced", "hyperdisk-extreme")
PROVISIONED = ("pd-extreme", "hyperdisk-balanced", "hyperdisk-extreme")
PROTOCOLS = ("tcp", "udp", "icmp", "esp", "ah", "sctp", "ipip", "all")
AVAILABILITY_DOMAINS = range(1, 9)


class Network(GcpKind):
    """A network of one's own."""

    kind = "network"
    collection = "networks"
    arguments = compute.NetworkArgs
    fixed = frozenset({"name", "autoCreateSubnetworks", "description", "project"})

    def prepare_delete(self, identifier: str, _found: Properties) -> None:
        """Not while anything is in it."""
        for kind in ("subnetwork", "firewall"):
            others = self._cloud.list_resources(kind).items()
            users = (path for path, other in others if to_path(other["network"]) == identifier)
            self._account.refuse_used(self.kind, identifier, users)


class Subnetwork(GcpKind):
    """A region's part of a network."""

    kind = "subnetwork"
    collection = "subnetworks"
    place = "region"
    arguments = compute.SubnetworkArgs
    fixed = frozenset({"name", "network", "region", "description", "project"})

    def check(self, inputs: Properties) -> None:
        """A range of private addresses that overlaps no other of the network."""
        super().check(inputs)
        network, found = self._account.find_referenced("network", inputs["network"], "resource.network")
        if found.get("autoCreateSubnetworks") is not False:
            why = "Cannot create custom subnetworks in a network with automatic subnetworks."
            raise refuse_value("resource.network", network, why)
        try:
            wanted = ip_network(inputs.get("ipCidrRange") or "")
        except ValueError:
            wanted = None
        field = "resource.ipCidrRange"
        if wanted is None or not wanted.is_private:
            raise refuse_value(field, inputs.get("ipCidrRange"), "Must be a valid private IPv4 range.")
        for path, other in self._cloud.list_resources(self.kind).items():
            if to_path(other["network"]) == network and ip_network(other["ipCidrRange"]).overlaps(wanted):
                raise GcpRefusal(
                    f"Invalid IPCidrRange: {wanted} conflicts with existing subnetwork '{path.rpartition('/')[2]}' in "
                    f"region '{other['region']}'.",
                    "invalid",
                )

    def prepare_delete(self, identifier: str, _found: Properties) -> None:
        """Not while an instance is in it."""
        users = (
            path
            for path, instance in self._cloud.list_resources(INSTANCE).items()
            for interface in instance["networkInterfaces"]
            if to_path(interface.get("subnetwork") or "") == identifier
        )
        self._account.refuse_used(self.kind, identifier, users)


class Firewall(GcpKind):
    """A rule of a network on what comes in; what none allows is refused."""

    kind = "firewall"
    collection = "firewalls"
    arguments = compute.FirewallArgs
    fixed = frozenset({"name", "network", "direction", "project"})

    def create(self, inputs: Properties) -> tuple[str, Properties]:
        """Remembers the rule, and holds the instances to it that it is for."""
        identifier, properties = super().create(inputs)
        self._apply()
        return identifier, properties

    def check(self, inputs: Properties) -> None:
        """A known network, sources of one kind, protocols and ports that there are."""
        super().check(inputs)
        self._account.find_referenced("network", inputs["network"], "resource.network")
        self._check_rules(inputs)

    def check_update(self, identifier: str, old: Properties, new: Properties) -> None:
        """As at first."""
        super().check_update(identifier, old, new)
        self._check_rules(new)

    def _check_rules(self, inputs: Properties) -> None:
        for index, tag in enumerate(inputs.get("targetTags") or ()):
            refuse_name(f"resource.targetTags[{index}]", tag)
        ranges = inputs.get("sourceRanges") or []
        if len({ip_network(each, strict=False).version for each in ranges}) > 1:
            raise refuse_value("resource.sourceRanges", ranges, "IPv4 and IPv6 ranges cannot be mixed in one rule.")
        if not ranges and not inputs.get("sourceTags"):
            raise GcpRefusal("At least one of sourceRanges and sourceTags must be given.", "invalid")
        if not inputs.get("allows") and not inputs.get("denies"):
            raise GcpRefusal("Required field 'resource.allowed' not specified", "invalid")
        for index, allow in enumerate(inputs.get("allows") or ()):
            field = f"resource.allowed[{index}]"
            if allow["protocol"] not in PROTOCOLS:
                raise refuse_value(f"{field}.IPProtocol", allow["protocol"], "Unknown protocol.")
            if allow.get("ports") and allow["protocol"] not in ("tcp", "udp", "sctp"):
                raise refuse_value(f"{field}.ports[0]", allow["ports"][0], "Ports are for tcp, udp and sctp alone.")

    def finish_update(self, _identifier: str, _properties: Properties) -> None:
        """Holds the instances to the new rule."""
        self._apply()

    def delete(self, identifier: str, properties: Properties) -> None:
        """Forgets the rule; what it let in is refused from then on."""
        super().delete(identifier, properties)
        self._apply()

    def _apply(self) -> None:
        instances = Instances(self._account)
        for instance in self._cloud.list_resources(INSTANCE).values():
            instances.apply_rules(instance)


class ResourcePolicy(GcpKind):
    """A policy on where instances stand."""

    kind = "resourcePolicy"
    collection = "resourcePolicies"
    place = "region"
    arguments = compute.ResourcePolicyArgs
    fixed = frozenset({"name", "region", "groupPlacementPolicy", "description", "project"})

    def check(self, inputs: Properties) -> None:
        """As many availability domains as there are."""
        super().check(inputs)
        wanted = (inputs.get("groupPlacementPolicy") or {}).get("availabilityDomainCount")
        if wanted is not None and to_whole(wanted) not in AVAILABILITY_DOMAINS:
            field = "resource.groupPlacementPolicy.availabilityDomainCount"
            raise refuse_value(field, to_whole(wanted), "Must be between 1 and 8.")

    def prepare_delete(self, identifier: str, _found: Properties) -> None:
        """Not while an instance is under it."""
        users = list_users(self._cloud, "resourcePolicies", identifier)
        self._account.refuse_used("resource_policy", identifier, users)


class Disk(GcpKind):
    """A data disk: in rehearsal a folder of the world."""

    kind = "disk"
    collection = "disks"
    place = "zone"
    arguments = compute.DiskArgs
    fixed = frozenset({"name", "zone", "type", "image", "snapshot", "description", "project"})

    def check(self, inputs: Properties) -> None:
        """A type and a size that there are, and IOPS only where they are bought."""
        super().check(inputs)
        kind, zone = inputs.get("type") or "pd-standard", inputs["zone"]
        if kind not in DISK_TYPES:
            link = build_path(inputs, "zones", zone, "diskTypes", kind)
            raise refuse_value("resource.type", link, "The referenced diskType resource cannot be found.")
        if to_whole(inputs.get("size") or 0) not in DISK_SIZES_GIB:
            why = f"Disk size must be between {DISK_SIZES_GIB[0]} and {DISK_SIZES_GIB[-1]} GB for {kind}."
            raise refuse_value("resource.sizeGb", inputs.get("size"), why)
        if inputs.get("provisionedIops") and kind not in PROVISIONED:
            raise refuse_value(
                "resource.provisionedIops",
                to_whole(inputs["provisionedIops"]),
                f"Provisioned IOPS is not supported for disk type {kind}.",
            )

    def list_computed(self, identifier: str, inputs: Properties) -> Properties:
        """Its number, by which the world knows it."""
        return super().list_computed(identifier, inputs) | {"diskId": self._cloud.take_id(), "users": []}

    def check_update(self, identifier: str, old: Properties, new: Properties) -> None:
        """Disks grow, and never shrink."""
        super().check_update(identifier, old, new)
        if to_whole(new["size"]) < to_whole(old["size"]):
            why = f"New disk size '{to_whole(new['size'])}' GB must be larger than existing size."
            raise refuse_value("sizeGb", to_whole(new["size"]), why)

    def prepare_delete(self, identifier: str, found: Properties) -> None:
        """Not while it is attached; then its data goes with it."""
        self._account.refuse_used(self.kind, identifier, list_disk_users(self._cloud, identifier))
        remove_folder(get_volume_folder(self._account.world, found["diskId"]))


class Address(GcpKind):
    """A static address. The instance of the same name gets the address that its machine has in the world."""

    kind = "address"
    collection = "addresses"
    place = "region"
    arguments = compute.AddressArgs
    fixed = frozenset({"name", "region", "addressType", "networkTier", "description", "project"})

    def list_computed(self, identifier: str, inputs: Properties) -> Properties:
        """The address."""
        address = allocate_address(self._account.world, inputs["name"])
        return super().list_computed(identifier, inputs) | {"address": address, "users": []}

    def prepare_delete(self, identifier: str, found: Properties) -> None:
        """Not while an instance has it."""
        users = (
            path
            for path, instance in self._cloud.list_resources(INSTANCE).items()
            if get_external_address(instance) == found["address"]
        )
        self._account.refuse_used(self.kind, identifier, users)


STORED_KINDS: tuple[type[GcpKind], ...] = (Network, Subnetwork, Firewall, ResourcePolicy, Disk, Address)
