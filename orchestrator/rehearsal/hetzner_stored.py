"""The rehearsed Hetzner's kinds of resources that are little more than what the API remembers of them."""

from ipaddress import ip_network
from typing import Any, ClassVar

import pulumi_hcloud as hcloud

from orchestrator.rehearsal.cloud import Properties, Refusal
from orchestrator.rehearsal.hetzner_project import HetznerProject, to_id, to_whole
from orchestrator.rehearsal.hetzner_servers import ATTACHMENT, apply_firewall_to_servers, list_users
from orchestrator.rehearsal.world import get_volume_folder, remove_folder

VOLUME_SIZES_GIB = range(10, 10241)
NETWORK_ZONES = ("eu-central", "us-east", "us-west", "ap-southeast")


class StoredKind:
    """A kind that is remembered; its subclasses say what the API refuses, adds and cleans up."""

    kind: ClassVar[str]
    arguments: ClassVar[type[Any]]
    fixed: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, project: HetznerProject) -> None:
        self._project = project
        self._cloud = project.cloud

    def create(self, inputs: Properties) -> tuple[str, Properties]:
        """Remembers the resource under an id of its own."""
        self._project.refuse_if_lost()
        with self._cloud.change():
            if "name" in inputs:
                self._cloud.refuse_taken_name(self.kind, inputs["name"])
            self.check(inputs)
            identifier = self._cloud.take_id()
            properties = inputs | self.list_computed(identifier)
            self._cloud.put_resource(self.kind, identifier, properties)
        return identifier, properties

    def read(self, identifier: str) -> Properties | None:
        """The resource as it is remembered."""
        self._project.refuse_if_lost()
        return self._cloud.find_resource(self.kind, identifier)

    def update(self, identifier: str, old: Properties, new: Properties) -> Properties:
        """Remembers the new properties."""
        self._project.refuse_if_lost()
        self.check_update(old, new)
        properties = self._cloud.get_resource(self.kind, identifier) | new
        self._cloud.put_resource(self.kind, identifier, properties)
        self.finish_update(identifier)
        return properties

    def delete(self, identifier: str, _properties: Properties) -> None:
        """Forgets the resource."""
        self._project.refuse_if_lost()
        found = self._cloud.find_resource(self.kind, identifier)
        if found is None:
            return
        if found.get("deleteProtection"):
            raise Refusal(f"{self.kind} deletion is protected", "protected")
        self.prepare_delete(identifier)
        self._cloud.remove_resource(self.kind, identifier)

    def check(self, inputs: Properties) -> None:
        """Refusal where the API would not take the inputs."""

    def list_computed(self, _identifier: str) -> Properties:
        """What the API adds to the inputs."""
        return {}

    def check_update(self, old: Properties, new: Properties) -> None:
        """Refusal where the API would not make the change."""

    def finish_update(self, identifier: str) -> None:
        """What a change brings about elsewhere."""

    def prepare_delete(self, identifier: str) -> None:
        """Refusal where the resource is in use; else what goes with it."""


class Network(StoredKind):
    """A private network."""

    kind = "network"
    arguments = hcloud.NetworkArgs
    fixed = frozenset({"ipRange"})

    def check(self, inputs: Properties) -> None:
        """Private addresses alone."""
        if not ip_network(inputs["ipRange"]).is_private:
            raise Refusal("invalid input in field 'ip_range': only RFC1918 ranges are allowed", "invalid_input")


class NetworkSubnet(StoredKind):
    """A part of a network, in one network zone."""

    kind = "networkSubnet"
    arguments = hcloud.NetworkSubnetArgs
    fixed = frozenset({"networkId", "type", "networkZone", "ipRange"})

    def check(self, inputs: Properties) -> None:
        """A known zone, and a range within the network's."""
        network = self._cloud.get_resource("network", to_id(inputs["networkId"]))
        if inputs["networkZone"] not in NETWORK_ZONES:
            raise Refusal(f"network zone '{inputs['networkZone']}' not found", "not_found")
        if not ip_network(inputs["ipRange"]).subnet_of(ip_network(network["ipRange"])):  # type: ignore[arg-type]
            raise Refusal("subnet is not part of the network's ip_range", "invalid_input")


class SshKey(StoredKind):
    """A public key that servers are given at birth."""

    kind = "sshKey"
    arguments = hcloud.SshKeyArgs
    fixed = frozenset({"publicKey"})

    def check(self, inputs: Properties) -> None:
        """A key, and one that the project does not have yet."""
        if not str(inputs["publicKey"]).startswith(("ssh-", "ecdsa-")):
            raise Refusal("invalid input in field 'public_key'", "invalid_input")
        for key in self._cloud.list_resources(self.kind).values():
            if key["publicKey"].split()[:2] == inputs["publicKey"].split()[:2]:
                raise Refusal("SSH key with the same fingerprint already exists", "uniqueness_error")

    def list_computed(self, identifier: str) -> Properties:
        """A fingerprint; of the id, since nothing reads it."""
        return {"fingerprint": f"rehearsed-{identifier}"}


class Firewall(StoredKind):
    """Inbound rules; what none allows is refused."""

    kind = "firewall"
    arguments = hcloud.FirewallArgs

    def check(self, inputs: Properties) -> None:
        """Rules for tcp and udp name their port."""
        for rule in inputs.get("rules") or ():
            if rule["protocol"] in ("tcp", "udp") and not rule.get("port"):
                raise Refusal("invalid input in field 'rules': tcp and udp rules need a port", "invalid_input")

    def finish_update(self, identifier: str) -> None:
        """Holds the servers to the new rules."""
        apply_firewall_to_servers(self._project, identifier)

    def prepare_delete(self, identifier: str) -> None:
        """Not while a server has it."""
        if list_users(self._cloud, "firewallIds", identifier):
            raise Refusal(f"firewall with ID '{identifier}' is still in use", "resource_in_use")


class PlacementGroup(StoredKind):
    """Servers that stand on different hardware."""

    kind = "placementGroup"
    arguments = hcloud.PlacementGroupArgs
    fixed = frozenset({"type"})

    def check(self, inputs: Properties) -> None:
        """The one type that there is."""
        if inputs["type"] != "spread":
            raise Refusal("invalid input in field 'type'", "invalid_input")

    def prepare_delete(self, identifier: str) -> None:
        """Not while a server is in it."""
        if list_users(self._cloud, "placementGroupId", identifier):
            raise Refusal(f"placementGroup with ID '{identifier}' is still in use", "resource_in_use")


class Volume(StoredKind):
    """A data volume: in rehearsal a folder of the world."""

    kind = "volume"
    arguments = hcloud.VolumeArgs
    fixed = frozenset({"location", "format"})

    def check(self, inputs: Properties) -> None:
        """A size and a location that there are."""
        if to_whole(inputs["size"]) not in VOLUME_SIZES_GIB:
            raise Refusal("invalid input in field 'size': 10 to 10240", "invalid_input")
        self._project.refuse_location(inputs.get("location"))

    def list_computed(self, identifier: str) -> Properties:
        """Where the server finds it."""
        return {"linuxDevice": f"/dev/disk/by-id/scsi-0HC_Volume_{identifier}"}

    def check_update(self, old: Properties, new: Properties) -> None:
        """Volumes grow, and never shrink."""
        if to_whole(new["size"]) < to_whole(old["size"]):
            raise Refusal("volume cannot be shrunk", "invalid_input")

    def prepare_delete(self, identifier: str) -> None:
        """Not while it is attached; then its data goes with it."""
        if self._cloud.find_resource(ATTACHMENT, identifier) is not None:
            raise Refusal("volume is attached to a server", "volume_already_attached")
        remove_folder(get_volume_folder(self._project.world, identifier))


STORED_KINDS: tuple[type[StoredKind], ...] = (Network, NetworkSubnet, SshKey, Firewall, PlacementGroup, Volume)
