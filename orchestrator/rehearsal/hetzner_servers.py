"""The rehearsed Hetzner's servers, each a machine that boots, and the attachments of their data volumes."""

from typing import Any, ClassVar

import pulumi_hcloud as hcloud

from orchestrator.rehearsal.cloud import CloudAccount, Properties, Refusal
from orchestrator.rehearsal.firewall import FirewallRule
from orchestrator.rehearsal.hetzner_project import HetznerProject, to_id
from orchestrator.rehearsal.machine import (
    NewMachine,
    apply_machine_firewall,
    attach_volume,
    create_machine,
    delete_machine,
    detach_volume,
)
from orchestrator.rehearsal.pinned_image import read_pinned_image
from orchestrator.rehearsal.world import allocate_address

SERVER = "server"
ATTACHMENT = "attachment"
PLACEMENT_GROUP_LIMIT = 10


class Servers:
    """Servers: inputs are held against the catalogue and the project, then a machine boots."""

    arguments: ClassVar[type[Any]] = hcloud.ServerArgs
    fixed: ClassVar[frozenset[str]] = frozenset({"location", "datacenter", "image", "userData", "sshKeys"})

    def __init__(self, project: HetznerProject) -> None:
        self._project = project
        self._cloud = project.cloud

    def create(self, inputs: Properties) -> tuple[str, Properties]:
        """Remembers the server and boots its machine."""
        self._project.refuse_if_lost()
        name = inputs["name"]
        with self._cloud.change():
            self._cloud.refuse_taken_name(SERVER, name)
            self._check(inputs)
            identifier = self._cloud.take_id()
            properties = inputs | self._list_computed(name, inputs)
            self._cloud.put_resource(SERVER, identifier, properties)
        machine = NewMachine(
            name=name,
            address=properties["ipv4Address"],
            hostname=name,
            user_data=inputs.get("userData"),
            authorized_keys=self._list_public_keys(inputs),
            domains=self._project.list_domains(inputs["location"]),
            firewall=list_rules(self._cloud, inputs),
        )
        create_machine(self._project.world, machine, read_pinned_image(self._project.world))
        return identifier, properties

    def read(self, identifier: str) -> Properties | None:
        """The server as it is remembered."""
        self._project.refuse_if_lost()
        return self._cloud.find_resource(SERVER, identifier)

    def update(self, identifier: str, _old: Properties, new: Properties) -> Properties:
        """Remembers the new properties, and holds the machine to its firewalls."""
        self._project.refuse_if_lost()
        properties = self._cloud.get_resource(SERVER, identifier) | new
        self._cloud.put_resource(SERVER, identifier, properties)
        apply_machine_firewall(self._project.world, properties["name"], list_rules(self._cloud, properties))
        return properties

    def delete(self, identifier: str, _properties: Properties) -> None:
        """Ends the machine and forgets the server."""
        self._project.refuse_if_lost()
        server = self._cloud.find_resource(SERVER, identifier)
        if server is None:
            return
        if server.get("deleteProtection"):
            raise Refusal("server deletion is protected", "protected")
        delete_machine(self._project.world, server["name"])
        self._cloud.remove_resource(SERVER, identifier)

    def _check(self, inputs: Properties) -> None:
        """Refusal where the location, type, image or anything that the server refers to is not there."""
        location = inputs["location"]
        self._project.refuse_location(location)
        facts = self._project.facts
        if not any((kind.name, kind.region) == (inputs["serverType"], location) for kind in facts.machine_types):
            raise Refusal(f"unsupported location for server type {inputs['serverType']}", "invalid_input")
        if not any(image.image_id == str(inputs.get("image")) for image in facts.images):
            raise Refusal(f"image '{inputs.get('image')}' not found", "invalid_input")
        for kind, field in (("firewall", "firewallIds"), ("sshKey", "sshKeys")):
            for identifier in inputs.get(field) or ():
                self._cloud.get_resource(kind, to_id(identifier))
        for network in inputs.get("networks") or ():
            self._refuse_network_without_subnet(to_id(network["networkId"]))
        if inputs.get("placementGroupId"):
            self._refuse_full_placement_group(to_id(inputs["placementGroupId"]))

    def _refuse_network_without_subnet(self, network: str) -> None:
        self._cloud.get_resource("network", network)
        subnets = self._cloud.list_resources("networkSubnet").values()
        if not any(to_id(subnet["networkId"]) == network for subnet in subnets):
            raise Refusal("network has no subnet for the server's network zone", "no_subnet_available")

    def _refuse_full_placement_group(self, group: str) -> None:
        self._cloud.get_resource("placementGroup", group)
        if len(list_users(self._cloud, "placementGroupId", group)) >= PLACEMENT_GROUP_LIMIT:
            raise Refusal("placement group is full", "placement_error")

    def _list_computed(self, name: str, inputs: Properties) -> Properties:
        wanted = (inputs["serverType"], inputs["location"])
        kind = next(kind for kind in self._project.facts.machine_types if (kind.name, kind.region) == wanted)
        return {
            "ipv4Address": str(allocate_address(self._project.world, name)),
            "ipv6Address": "",
            "ipv6Network": "",
            "status": "running",
            "primaryDiskSize": kind.local_disk_gib,
            "backupWindow": "",
        }

    def _list_public_keys(self, inputs: Properties) -> tuple[str, ...]:
        keys = inputs.get("sshKeys") or ()
        return tuple(self._cloud.get_resource("sshKey", to_id(key))["publicKey"] for key in keys)


class VolumeAttachments:
    """Attachments; kept under the volume's id, since a volume is attached once at most."""

    arguments: ClassVar[type[Any]] = hcloud.VolumeAttachmentArgs
    fixed: ClassVar[frozenset[str]] = frozenset({"serverId", "volumeId"})

    def __init__(self, project: HetznerProject) -> None:
        self._project = project
        self._cloud = project.cloud

    def create(self, inputs: Properties) -> tuple[str, Properties]:
        """Attaches the volume to the server's machine."""
        self._project.refuse_if_lost()
        server_id, volume_id = to_id(inputs["serverId"]), to_id(inputs["volumeId"])
        with self._cloud.change():
            server = self._cloud.get_resource(SERVER, server_id)
            volume = self._cloud.get_resource("volume", volume_id)
            if server["location"] != volume["location"]:
                raise Refusal("server and volume are in different locations", "invalid_input")
            if self._cloud.find_resource(ATTACHMENT, volume_id) is not None:
                raise Refusal("volume is already attached to a server", "volume_already_attached")
            self._cloud.put_resource(ATTACHMENT, volume_id, {"serverId": server_id, "volumeId": volume_id})
        attach_volume(self._project.world, server["name"], volume_id)
        return volume_id, inputs

    def read(self, identifier: str) -> Properties | None:
        """The attachment as it is remembered."""
        self._project.refuse_if_lost()
        found = self._cloud.find_resource(ATTACHMENT, identifier)
        return found and {key: int(value) for key, value in found.items()}

    def update(self, _identifier: str, _old: Properties, new: Properties) -> Properties:
        """Whether a volume is mounted by the cloud's own tools is of no matter here."""
        return new

    def delete(self, identifier: str, _properties: Properties) -> None:
        """Detaches the volume."""
        self._project.refuse_if_lost()
        found = self._cloud.find_resource(ATTACHMENT, identifier)
        if found is None:
            return
        server = self._cloud.find_resource(SERVER, found["serverId"])
        if server is not None:
            detach_volume(self._project.world, server["name"], identifier)
        self._cloud.remove_resource(ATTACHMENT, identifier)


def list_users(cloud: CloudAccount, field: str, identifier: str) -> list[Properties]:
    """The servers that name the resource in `field`, which holds an id or a list of ids."""
    return [
        server for server in cloud.list_resources(SERVER).values() if identifier in list_ids(server.get(field) or [])
    ]


def list_ids(value: Any) -> list[str]:
    """The ids in a property that holds one or several."""
    return [to_id(each) for each in (value if isinstance(value, list) else [value])]


def list_rules(cloud: CloudAccount, server: Properties) -> tuple[FirewallRule, ...]:
    """The inbound rules of all firewalls of a server."""
    firewalls = [cloud.get_resource("firewall", identifier) for identifier in list_ids(server.get("firewallIds") or [])]
    return tuple(
        FirewallRule(protocol=rule["protocol"], port=rule.get("port"), sources=tuple(rule.get("sourceIps") or ()))
        for firewall in firewalls
        for rule in firewall.get("rules") or ()
        if rule["direction"] == "in"
    )


def apply_firewall_to_servers(project: HetznerProject, firewall: str) -> None:
    """Holds every server of a firewall to the rules that it has now."""
    for server in list_users(project.cloud, "firewallIds", firewall):
        apply_machine_firewall(project.world, server["name"], list_rules(project.cloud, server))
