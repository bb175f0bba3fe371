"""The rehearsed Hetzner's servers, each a machine that boots, and the attachments of their data volumes."""

from collections.abc import Sequence
from ipaddress import IPv4Address
from typing import Any

import pulumi_hcloud as hcloud

from orchestrator.rehearsal.attachment_kind import Attached, AttachmentKind
from orchestrator.rehearsal.cloud import CloudAccount, Properties, Refusal
from orchestrator.rehearsal.exhaustion import find_vcpu_quota, is_exhausted
from orchestrator.rehearsal.firewall import FirewallRule
from orchestrator.rehearsal.hetzner_project import PROVIDER, HetznerKind, HetznerProject
from orchestrator.rehearsal.machine import NewMachine
from orchestrator.rehearsal.machine_kind import MachineKind
from orchestrator.rehearsal.provider_account import to_id
from orchestrator.rehearsal.world import allocate_address

SERVER = "server"
ATTACHMENT = "attachment"
PLACEMENT_GROUP_LIMIT = 10
VOLUME_LINK = "scsi-0HC_Volume_{}"  # below /dev/disk/by-id, as the API's `linux_device` gives it


class Servers(MachineKind[HetznerProject], HetznerKind):
    """Servers: inputs are held against the catalogue and the project, then a machine boots."""

    kind = SERVER
    arguments = hcloud.ServerArgs
    fixed = frozenset({"location", "datacenter", "image", "userData", "sshKeys"})

    def check(self, inputs: Properties) -> None:
        """Refusal where the location, type, image or anything that the server refers to is not there."""
        super().check(inputs)
        location, wanted = inputs["location"], inputs["serverType"]
        self._account.get_zone(location)
        facts = self._account.facts
        if not any((kind.name, kind.region) == (wanted, location) for kind in facts.machine_types):
            raise Refusal(f"unsupported location for server type {wanted}", "invalid_input")
        if not any(image.image_id == str(inputs.get("image")) for image in facts.images):
            raise Refusal(f"image '{inputs.get('image')}' not found", "invalid_input")
        for kind, field in (("firewall", "firewallIds"), ("sshKey", "sshKeys")):
            for identifier in inputs.get(field) or ():
                self._account.get_resource(kind, to_id(identifier))
        for network in inputs.get("networks") or ():
            self._refuse_network_without_subnet(to_id(network["networkId"]))
        if inputs.get("placementGroupId"):
            self._refuse_full_placement_group(to_id(inputs["placementGroupId"]))
        self._refuse_address_elsewhere(inputs)
        self._refuse_shortage(wanted, location)

    def _refuse_network_without_subnet(self, network: str) -> None:
        self._account.get_resource("network", network)
        subnets = self._cloud.list_resources("networkSubnet").values()
        if not any(to_id(subnet["networkId"]) == network for subnet in subnets):
            raise Refusal("network has no subnet for the server's network zone", "no_subnet_available")

    def _refuse_full_placement_group(self, group: str) -> None:
        self._account.get_resource("placementGroup", group)
        if len(list_users(self._cloud, "placementGroupId", group)) >= PLACEMENT_GROUP_LIMIT:
            raise Refusal("placement group is full", "placement_error")

    def _refuse_address_elsewhere(self, inputs: Properties) -> None:
        address = find_primary_ip(inputs)
        if address is None:
            return
        if self._account.get_resource("primaryIp", address)["location"] != inputs["location"]:
            raise Refusal("primary IP and server must be in the same location", "invalid_input")
        if any(find_primary_ip(server) == address for server in self._cloud.list_resources(SERVER).values()):
            raise Refusal("primary IP is already assigned", "primary_ip_assigned")

    def _refuse_shortage(self, wanted: str, location: str) -> None:
        """The project's limit of vCPUs counts over all locations; any location's setting of it is the project's."""
        world, facts = self._account.world, self._account.facts
        vcpus = {(kind.name, kind.region): kind.vcpus for kind in facts.machine_types}
        quota = find_vcpu_quota(world, PROVIDER, location)
        servers = self._cloud.list_resources(SERVER).values()
        used = sum(vcpus.get((server["serverType"], server["location"]), 0) for server in servers)
        if quota is not None and used + vcpus[wanted, location] > quota:
            raise Refusal("core limit exceeded", "resource_limit_exceeded")
        if is_exhausted(world, PROVIDER, location, wanted):
            raise Refusal("error during placement", "resource_unavailable")

    def list_computed(self, _identifier: str, inputs: Properties) -> Properties:
        """Its addresses and what else the API tells."""
        wanted = (inputs["serverType"], inputs["location"])
        kind = next(kind for kind in self._account.facts.machine_types if (kind.name, kind.region) == wanted)
        reserved = find_primary_ip(inputs)
        address = (
            self._account.get_resource("primaryIp", reserved)["ipAddress"]
            if reserved
            else str(allocate_address(self._account.world, inputs["name"]))
        )
        return {
            "ipv4Address": address,
            "ipv6Address": "",
            "ipv6Network": "",
            "status": "running",
            "primaryDiskSize": kind.local_disk_gib,
            "backupWindow": "",
        }

    def describe_machine(self, _identifier: str, properties: Properties) -> NewMachine:
        """A machine with the server's name, keys, user data and firewalls."""
        keys = [self._account.get_resource("sshKey", to_id(key)) for key in properties.get("sshKeys") or ()]
        return NewMachine(
            name=properties["name"],
            address=IPv4Address(properties["ipv4Address"]),
            hostname=properties["name"],
            user_data=properties.get("userData"),
            authorized_keys=tuple(key["publicKey"] for key in keys),
            domains=self._account.list_domains(self._account.get_zone(properties["location"])),
            firewall=tuple(self.list_rules(properties)),
        )

    def get_machine_name(self, properties: Properties) -> str:
        """The server's own."""
        return str(properties["name"])

    def list_rules(self, properties: Properties) -> Sequence[FirewallRule]:
        """The inbound rules of all the server's firewalls."""
        firewalls = [self._account.get_resource("firewall", each) for each in list_ids(properties.get("firewallIds"))]
        return [
            FirewallRule(protocol=rule["protocol"], port=rule.get("port"), sources=tuple(rule.get("sourceIps") or ()))
            for firewall in firewalls
            for rule in firewall.get("rules") or ()
            if rule["direction"] == "in"
        ]

    def prepare_delete(self, identifier: str, found: Properties) -> None:
        """Ends the machine, unless it is protected."""
        HetznerKind.prepare_delete(self, identifier, found)
        MachineKind.prepare_delete(self, identifier, found)


class VolumeAttachments(AttachmentKind[HetznerProject]):
    """Attachments; kept under the volume's id, since a volume is attached once at most."""

    kind = ATTACHMENT
    arguments = hcloud.VolumeAttachmentArgs
    fixed = frozenset({"serverId", "volumeId"})

    def check(self, inputs: Properties) -> None:
        """Server and volume are of one location, and the volume is free."""
        server = self._account.get_resource(SERVER, to_id(inputs["serverId"]))
        volume = self._account.get_resource("volume", to_id(inputs["volumeId"]))
        if server["location"] != volume["location"]:
            raise Refusal("server and volume are in different locations", "invalid_input")
        if self._cloud.find_resource(ATTACHMENT, to_id(inputs["volumeId"])) is not None:
            raise Refusal("volume is already attached to a server", "volume_already_attached")

    def make_id(self, inputs: Properties) -> str:
        """The volume's."""
        return to_id(inputs["volumeId"])

    def describe(self, properties: Properties) -> Attached | None:
        """The volume, under the name that the API gives it."""
        server = self._cloud.find_resource(SERVER, to_id(properties["serverId"]))
        volume = to_id(properties["volumeId"])
        return None if server is None else Attached(server["name"], volume, VOLUME_LINK.format(volume))


def list_users(cloud: CloudAccount, field: str, identifier: str) -> list[Properties]:
    """The servers that name the resource in `field`, which holds an id or a list of ids."""
    return [server for server in cloud.list_resources(SERVER).values() if identifier in list_ids(server.get(field))]


def list_ids(value: Any) -> list[str]:
    """The ids in a property that holds one or several, or none."""
    return [to_id(each) for each in (value if isinstance(value, list) else [value] if value else [])]


def find_primary_ip(server: Properties) -> str | None:
    """The id of the primary IP that a server is to have; None for one that comes and goes with it."""
    nets = server.get("publicNets") or ()
    return next((to_id(net["ipv4"]) for net in nets if net.get("ipv4")), None)
