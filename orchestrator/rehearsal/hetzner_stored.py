"""The rehearsed Hetzner's kinds of resources that are little more than what the API remembers of them."""

from ipaddress import ip_network

import pulumi_hcloud as hcloud

from orchestrator.rehearsal.cloud import Properties, Refusal
from orchestrator.rehearsal.hetzner_project import HetznerKind
from orchestrator.rehearsal.hetzner_servers import ATTACHMENT, SERVER, VOLUME_LINK, Servers, find_primary_ip, list_users
from orchestrator.rehearsal.provider_account import to_id, to_whole
from orchestrator.rehearsal.world import allocate_address, get_volume_folder, remove_folder

VOLUME_SIZES_GIB = range(10, 10241)
NETWORK_ZONES = ("eu-central", "us-east", "us-west", "ap-southeast")


class Network(HetznerKind):
    """A private network."""

    kind = "network"
    arguments = hcloud.NetworkArgs
    fixed = frozenset({"ipRange"})

    def check(self, inputs: Properties) -> None:
        """Private addresses alone."""
        super().check(inputs)
        if not ip_network(inputs["ipRange"]).is_private:
            raise Refusal("invalid input in field 'ip_range': only RFC1918 ranges are allowed", "invalid_input")


class NetworkSubnet(HetznerKind):
    """A part of a network, in one network zone."""

    kind = "networkSubnet"
    arguments = hcloud.NetworkSubnetArgs
    fixed = frozenset({"networkId", "type", "networkZone", "ipRange"})

    def check(self, inputs: Properties) -> None:
        """A known zone, and a range within the network's."""
        super().check(inputs)
        network = self._account.get_resource("network", to_id(inputs["networkId"]))
        if inputs["networkZone"] not in NETWORK_ZONES:
            raise Refusal(f"network zone '{inputs['networkZone']}' not found", "not_found")
        if not ip_network(inputs["ipRange"]).subnet_of(ip_network(network["ipRange"])):  # type: ignore[arg-type]
            raise Refusal("subnet is not part of the network's ip_range", "invalid_input")

    def make_id(self, inputs: Properties) -> str:
        """The provider's own: the API gives subnets none."""
        return f"{to_id(inputs['networkId'])}-{inputs['ipRange']}"


class SshKey(HetznerKind):
    """A public key that servers are given at birth."""

    kind = "sshKey"
    arguments = hcloud.SshKeyArgs
    fixed = frozenset({"publicKey"})

    def check(self, inputs: Properties) -> None:
        """A key, and one that the project does not have yet."""
        super().check(inputs)
        if not str(inputs["publicKey"]).startswith(("ssh-", "ecdsa-")):
            raise Refusal("invalid input in field 'public_key'", "invalid_input")
        for key in self._cloud.list_resources(self.kind).values():
            if key["publicKey"].split()[:2] == inputs["publicKey"].split()[:2]:
                raise Refusal("SSH key with the same fingerprint already exists", "uniqueness_error")

    def list_computed(self, identifier: str, _inputs: Properties) -> Properties:
        """A fingerprint; of the id, since nothing reads it."""
        return {"fingerprint": f"rehearsed-{identifier}"}


class Firewall(HetznerKind):
    """Inbound rules; what none allows is refused."""

    kind = "firewall"
    arguments = hcloud.FirewallArgs

    def check(self, inputs: Properties) -> None:
        """Rules for tcp and udp name their port."""
        super().check(inputs)
        for rule in inputs.get("rules") or ():
            if rule["protocol"] in ("tcp", "udp") and not rule.get("port"):
                raise Refusal("invalid input in field 'rules': tcp and udp rules need a port", "invalid_input")

    def finish_update(self, identifier: str, _properties: Properties) -> None:
        """Holds the servers to the new rules."""
        servers = Servers(self._account)
        for server in list_users(self._cloud, "firewallIds", identifier):
            servers.apply_rules(server)

    def prepare_delete(self, identifier: str, found: Properties) -> None:
        """Not while a server has it."""
        super().prepare_delete(identifier, found)
        if list_users(self._cloud, "firewallIds", identifier):
            raise Refusal(f"firewall with ID '{identifier}' is still in use", "resource_in_use")


class PlacementGroup(HetznerKind):
    """Servers that stand on different hardware."""

    kind = "placementGroup"
    arguments = hcloud.PlacementGroupArgs
    fixed = frozenset({"type"})

    def check(self, inputs: Properties) -> None:
        """The one type that there is."""
        super().check(inputs)
        if inputs["type"] != "spread":
            raise Refusal("invalid input in field 'type'", "invalid_input")

    def prepare_delete(self, identifier: str, found: Properties) -> None:
        """Not while a server is in it."""
        super().prepare_delete(identifier, found)
        if list_users(self._cloud, "placementGroupId", identifier):
            raise Refusal(f"placementGroup with ID '{identifier}' is still in use", "resource_in_use")


class PrimaryIp(HetznerKind):
    """An address that stays when its server goes."""

    kind = "primaryIp"
    arguments = hcloud.PrimaryIpArgs
    fixed = frozenset({"type", "location", "assigneeType"})

    def check(self, inputs: Properties) -> None:
        """A location that there is, and an address that is not deleted with its server."""
        super().check(inputs)
        if inputs["type"] != "ipv4":
            raise Refusal("invalid input in field 'type': only ipv4 is rehearsed", "invalid_input")
        self._account.get_zone(inputs.get("location"))

    def list_computed(self, _identifier: str, inputs: Properties) -> Properties:
        """The address itself."""
        return {"ipAddress": str(allocate_address(self._account.world, inputs["name"]))}

    def prepare_delete(self, identifier: str, found: Properties) -> None:
        """Not while a server has it."""
        super().prepare_delete(identifier, found)
        servers = self._cloud.list_resources(SERVER).values()
        if any(find_primary_ip(server) == identifier for server in servers):
            raise Refusal("primary IP must be unassigned", "must_be_unassigned")


class Volume(HetznerKind):
    """A data volume: in rehearsal a folder of the world."""

    kind = "volume"
    arguments = hcloud.VolumeArgs
    fixed = frozenset({"location", "format"})

    def check(self, inputs: Properties) -> None:
        """A size and a location that there are."""
        super().check(inputs)
        if to_whole(inputs["size"]) not in VOLUME_SIZES_GIB:
            raise Refusal("invalid input in field 'size': 10 to 10240", "invalid_input")
        self._account.get_zone(inputs.get("location"))

    def list_computed(self, identifier: str, _inputs: Properties) -> Properties:
        """Where the server finds it."""
        return {"linuxDevice": f"/dev/disk/by-id/{VOLUME_LINK.format(identifier)}"}

    def check_update(self, _identifier: str, old: Properties, new: Properties) -> None:
        """Volumes grow, and never shrink."""
        if to_whole(new["size"]) < to_whole(old["size"]):
            raise Refusal("volume cannot be shrunk", "invalid_input")

    def prepare_delete(self, identifier: str, found: Properties) -> None:
        """Not while it is attached; then its data goes with it."""
        super().prepare_delete(identifier, found)
        if self._cloud.find_resource(ATTACHMENT, identifier) is not None:
            raise Refusal("volume is attached to a server", "volume_already_attached")
        remove_folder(get_volume_folder(self._account.world, identifier))


STORED_KINDS: tuple[type[HetznerKind], ...] = (
    Network,
    NetworkSubnet,
    SshKey,
    Firewall,
    PlacementGroup,
    PrimaryIp,
    Volume,
)
