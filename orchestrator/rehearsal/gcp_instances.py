"""The rehearsed Google Cloud's instances, each a machine that boots, and the attachments of their data disks."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from typing import Any

from pulumi_gcp import compute

from orchestrator.rehearsal.attachment_kind import Attached, AttachmentKind
from orchestrator.rehearsal.cloud import CloudAccount, Properties, Refusal
from orchestrator.rehearsal.exhaustion import find_vcpu_quota, is_exhausted
from orchestrator.rehearsal.firewall import FirewallRule
from orchestrator.rehearsal.gcp_guest import list_guest_files
from orchestrator.rehearsal.gcp_project import (
    PROVIDER,
    GcpKind,
    GcpProject,
    GcpRefusal,
    OperationFailure,
    build_path,
    refuse_name,
    refuse_value,
    to_path,
)
from orchestrator.rehearsal.machine import NewMachine
from orchestrator.rehearsal.machine_kind import MachineKind
from orchestrator.rehearsal.world import allocate_address

INSTANCE = "instance"
ATTACHMENT = "attachedDisk"
POLICY_LIMIT = 256
METADATA_KEYS = frozenset({"TRUE", "FALSE", "true", "false"})
BOOLEAN_METADATA = ("block-project-ssh-keys", "enable-oslogin", "serial-port-enable")
SHARED_FAMILY = "e2"
ANY_PROTOCOL = "all"
EVERY_PORT: tuple[str | None, ...] = (None,)


class Instances(MachineKind[GcpProject], GcpKind):
    """Instances: inputs are held against the catalogue and the project, then a machine boots."""

    kind = INSTANCE
    collection = "instances"
    place = "zone"
    arguments = compute.InstanceArgs
    fixed = frozenset(
        {"name", "zone", "bootDisk", "canIpForward", "hostname", "metadataStartupScript", "scratchDisks", "project"}
    )

    def check(self, inputs: Properties) -> None:
        """Refusal where the type, the image or anything that the instance refers to is not there, or elsewhere."""
        super().check(inputs)
        self._check_type(inputs)
        self._check_boot_disk(inputs["bootDisk"])
        self._check_interface(inputs)
        self._check_policy(inputs)
        check_words(inputs)
        self._refuse_shortage(inputs)

    def _check_type(self, inputs: Properties) -> None:
        zone, wanted = inputs["zone"], inputs["machineType"]
        if self._find_type(wanted, zone) is None:
            link = build_path(inputs, "zones", zone, "machineTypes", wanted)
            why = f"Machine type with name '{wanted}' does not exist in zone '{zone}'."
            raise refuse_value("resource.machineType", link, why)

    def _check_boot_disk(self, disk: Properties) -> None:
        image = (disk.get("initializeParams") or {}).get("image")
        if image not in {known.image_id for known in self._account.facts.images}:
            field = "resource.disks[0].initializeParams.sourceImage"
            raise refuse_value(field, image, "The referenced image resource cannot be found.")

    def _check_interface(self, inputs: Properties) -> None:
        field = "resource.networkInterfaces[0]"
        for interface in inputs["networkInterfaces"]:
            path = interface.get("subnetwork")
            if not path:
                continue
            _, subnetwork = self._account.find_referenced("subnetwork", path, f"{field}.subnetwork")
            region = get_region(inputs["zone"])
            if subnetwork["region"] != region:
                why = f"Subnetwork must be in the same region as the instance ({region})."
                raise refuse_value(f"{field}.subnetwork", path, why)
            for access in interface.get("accessConfigs") or ():
                self._check_address(inputs, access.get("natIp"), field)

    def _check_address(self, inputs: Properties, wanted: str | None, field: str) -> None:
        """A static address is one of the region's, and free."""
        if not wanted:
            return
        addresses = self._cloud.list_resources("address").values()
        address = next((each for each in addresses if each["address"] == wanted), None)
        if address is None or address["region"] != get_region(inputs["zone"]):
            why = "The specified external IP address was not found in the region of the instance."
            raise refuse_value(f"{field}.accessConfigs[0].natIP", wanted, why)
        path = self.make_id(inputs)
        for other, instance in self._cloud.list_resources(INSTANCE).items():
            if other != path and get_external_address(instance) == wanted:
                raise GcpRefusal("External IP address is already in-use", "resourceInUseByAnotherResource")

    def _check_policy(self, inputs: Properties) -> None:
        policy = inputs.get("resourcePolicies")
        if not policy:
            return
        path, found = self._account.find_referenced("resourcePolicy", policy, "resource.resourcePolicies[0]")
        region, machine_type = get_region(inputs["zone"]), inputs["machineType"]
        if found["region"] != region:
            why = f"Resource policy must be in the same region as the instance ({region})."
            raise refuse_value("resource.resourcePolicies[0]", policy, why)
        if machine_type.partition("-")[0] == SHARED_FAMILY:
            raise GcpRefusal(f"Placement policy is not applicable to machine type {machine_type}.", "invalid")
        if len(list(list_users(self._cloud, "resourcePolicies", path))) >= POLICY_LIMIT:
            raise GcpRefusal(f"Resource policy '{path}' has {POLICY_LIMIT} instances already.", "invalid")

    def _refuse_shortage(self, inputs: Properties) -> None:
        """Quota counts over the region's machines; exhaustion is a zone's, of a machine type."""
        world, zone, region = self._account.world, inputs["zone"], get_region(inputs["zone"])
        quota = find_vcpu_quota(world, PROVIDER, region)
        instances = [
            each for each in self._cloud.list_resources(INSTANCE).values() if get_region(each["zone"]) == region
        ]
        used = sum(self._count_vcpus(each) for each in instances)
        if quota is not None and used + self._count_vcpus(inputs) > quota:
            raise OperationFailure(f"Quota 'CPUS' exceeded.  Limit: {quota}.0 in region {region}.", "QUOTA_EXCEEDED")
        if is_exhausted(world, PROVIDER, region, inputs["machineType"]):
            raise OperationFailure(
                f"The zone '{build_path(inputs, 'zones', zone)}' does not have enough resources available to "
                "fulfill the request.  Try a different zone, or try again later.",
                "ZONE_RESOURCE_POOL_EXHAUSTED",
            )

    def _count_vcpus(self, instance: Properties) -> int:
        found = self._find_type(instance["machineType"], instance["zone"])
        return 0 if found is None else found.vcpus

    def _find_type(self, name: str, zone: str) -> Any:
        region = get_region(zone)
        types = self._account.facts.machine_types
        here = (each for each in types if (each.name, each.region) == (name, region))
        return next((each for each in here if not each.zones or zone in each.zones), None)

    def list_computed(self, identifier: str, inputs: Properties) -> Properties:
        """Its number, its addresses, and what else the API tells."""
        numeric = self._cloud.take_id()
        internal = f"10.64.0.{int(numeric) % 250 + 2}"  # nothing reaches it: one address is enough for a rehearsal
        external = allocate_address(self._account.world, inputs["name"])
        return GcpKind.list_computed(self, identifier, inputs) | {
            "instanceId": numeric,
            "currentStatus": "RUNNING",
            "cpuPlatform": "Rehearsed",
            "networkInterfaces": [
                complete_interface(interface, internal, external) for interface in inputs["networkInterfaces"]
            ],
        }

    def describe_machine(self, _identifier: str, properties: Properties) -> NewMachine:
        """A machine with the instance's name and Google's guest environment, which runs its startup script."""
        return NewMachine(
            name=properties["name"],
            address=IPv4Address(get_external_address(properties)),
            hostname=properties["name"],
            domains=self._account.list_domains(self._account.get_zone(properties["zone"])),
            firewall=tuple(self.list_rules(properties)),
            files=list_guest_files((properties.get("metadata") or {}).get("startup-script")),
        )

    def get_machine_name(self, properties: Properties) -> str:
        """The instance's own."""
        return str(properties["name"])

    def list_rules(self, properties: Properties) -> Sequence[FirewallRule]:
        """What the rules of its network let in that have no tag, or one of the instance's."""
        networks = {self._find_network(interface) for interface in properties["networkInterfaces"]}
        tags = set(properties.get("tags") or ())
        return [
            rule
            for firewall in self._cloud.list_resources("firewall").values()
            if to_path(firewall["network"]) in networks and not firewall.get("disabled")
            if not firewall.get("targetTags") or tags & set(firewall["targetTags"])
            for rule in list_firewall_rules(firewall)
        ]

    def _find_network(self, interface: Properties) -> str:
        if not interface.get("subnetwork"):
            return to_path(interface.get("network") or "")
        _, subnetwork = self._account.find_referenced("subnetwork", interface["subnetwork"], "subnetwork")
        return to_path(subnetwork["network"])

    def check_update(self, identifier: str, old: Properties, new: Properties) -> None:
        """What needs the instance to be stopped is refused unless that is allowed."""
        GcpKind.check_update(self, identifier, old, new)
        check_words(new)
        if old["machineType"] != new["machineType"] and not new.get("allowStoppingForUpdate"):
            raise PluginRefusal(
                "Changing the machine_type, … on a started instance requires stopping it. To acknowledge this, please "
                "set allow_stopping_for_update = true in your config",
                "requiresStop",
            )

    def update(self, identifier: str, old: Properties, new: Properties) -> Properties:
        """Remembers the new properties; addresses stay, unless another static one is asked for."""
        self.refuse_if_lost(new)
        kept = self._account.get_resource(INSTANCE, identifier)["networkInterfaces"][0]
        external = kept["accessConfigs"][0]["natIp"]
        interfaces = [complete_interface(each, kept["networkIp"], external) for each in new["networkInterfaces"]]
        return super().update(identifier, old, new | {"networkInterfaces": interfaces})

    def prepare_delete(self, identifier: str, found: Properties) -> None:
        """Ends the machine, unless it is protected. Disks are let go: they are no part of it."""
        if found.get("deletionProtection"):
            raise PluginRefusal(
                f"Cannot delete instance {found['name']}: instance Deletion Protection is enabled. Set "
                'deletion_protection to false for this resource and run "terraform apply" before attempting to delete '
                "it.",
                "deletionProtection",
            )
        MachineKind.prepare_delete(self, identifier, found)


class PluginRefusal(Refusal):
    """The plug-in itself says no, before it calls the API."""

    def __init__(self, message: str, code: str) -> None:
        Exception.__init__(self, message)
        self.code = code


class AttachedDisks(AttachmentKind[GcpProject]):
    """Attachments; the id is the instance's path and the disk's name."""

    kind = ATTACHMENT
    arguments = compute.AttachedDiskArgs
    fixed = frozenset({"instance", "disk", "deviceName", "mode", "interface", "zone", "project"})

    def check(self, inputs: Properties) -> None:
        """Instance and disk are of one zone, the disk is free, the device's name is one."""
        _, instance = self._account.find_referenced(INSTANCE, inputs["instance"], "instance")
        path, disk = self._account.find_referenced("disk", inputs["disk"], "resource.source")
        self._account.get_zone(instance["zone"])
        if disk["zone"] != instance["zone"]:
            raise refuse_value("resource.source", path, "Disk must be in the same zone as the instance.")
        if inputs.get("deviceName"):
            refuse_name("resource.deviceName", inputs["deviceName"])
        self._account.refuse_used("disk", path, list_disk_users(self._cloud, path))

    def make_id(self, inputs: Properties) -> str:
        """The instance's path, and the disk's name."""
        return f"{to_path(inputs['instance'])}/{inputs['disk'].rpartition('/')[2]}"

    def list_computed(self, _identifier: str, inputs: Properties) -> Properties:
        """The device's name where none was asked for."""
        return {"deviceName": inputs.get("deviceName") or f"persistent-disk-{inputs['disk'].rpartition('/')[2]}"}

    def describe(self, properties: Properties) -> Attached | None:
        """The disk, under the link that Google's udev rules make for the device's name."""
        instance = self._cloud.find_resource(INSTANCE, to_path(properties["instance"]))
        disk = self._cloud.find_resource("disk", to_path(properties["disk"]))
        if instance is None or disk is None:
            return None
        return Attached(instance["name"], disk["diskId"], f"google-{properties['deviceName']}")


def check_words(inputs: Properties) -> None:
    """Refusal where a tag is none, or a switch in the metadata is neither on nor off."""
    for index, tag in enumerate(inputs.get("tags") or ()):
        refuse_name(f"resource.tags.items[{index}]", tag)
    metadata = inputs.get("metadata") or {}
    for key in BOOLEAN_METADATA:
        if key in metadata and metadata[key] not in METADATA_KEYS:
            raise refuse_value(f"resource.metadata.items['{key}']", metadata[key], "Must be TRUE or FALSE.")


def complete_interface(interface: Properties, internal: str, external: str) -> Properties:
    """The interface with the addresses that it has; in a rehearsal a static one is the machine's only one."""
    configs = [config | {"natIp": config.get("natIp") or external} for config in interface.get("accessConfigs") or ()]
    return interface | {"name": "nic0", "networkIp": internal, "accessConfigs": configs}


def get_external_address(instance: Properties) -> str:
    """The address that the instance is reached at."""
    return str(instance["networkInterfaces"][0]["accessConfigs"][0]["natIp"])


def get_region(zone: str) -> str:
    """The region that a zone is in, by its name."""
    return zone.rpartition("-")[0]


def list_firewall_rules(firewall: Properties) -> Iterator[FirewallRule]:
    """A firewall's allowances, port by port."""
    if firewall.get("direction", "INGRESS") != "INGRESS":
        return
    sources = tuple(firewall.get("sourceRanges") or ("0.0.0.0/0",))
    for allow in firewall.get("allows") or ():
        protocols = ("tcp", "udp", "icmp") if allow["protocol"] == ANY_PROTOCOL else (allow["protocol"],)
        for protocol in protocols:
            for port in allow.get("ports") or EVERY_PORT:
                yield FirewallRule(protocol=protocol, port=port, sources=sources)


def list_users(cloud: CloudAccount, field: str, path: str) -> Iterator[str]:
    """The paths of the instances that name the resource at `path` in `field`."""
    instances = cloud.list_resources(INSTANCE).items()
    return (user for user, instance in instances if to_path(instance.get(field) or "") == path)


def list_disk_users(cloud: CloudAccount, path: str) -> Iterator[str]:
    """The paths of the instances that a disk is attached to."""
    attachments = cloud.list_resources(ATTACHMENT).values()
    return (to_path(each["instance"]) for each in attachments if to_path(each["disk"]) == path)
