"""Hetzner Cloud in rehearsal: answers and refusals of its API for each kind of resource that the stack declares.

The words of the refusals are those of the API's error codes (docs.hetzner.cloud, "Errors").
"""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import pulumi_hcloud as hcloud

from orchestrator.catalog.catalogue import load_catalogue
from orchestrator.model.catalogue import Catalogue
from orchestrator.model.failure_domain import DomainKind
from orchestrator.rehearsal.cloud import CloudAccount, Properties, Refusal, Unreachable
from orchestrator.rehearsal.firewall import FirewallRule
from orchestrator.rehearsal.machine import (
    NewMachine,
    apply_machine_firewall,
    attach_volume,
    create_machine,
    delete_machine,
    detach_volume,
)
from orchestrator.rehearsal.outage import is_lost
from orchestrator.rehearsal.pinned_image import read_pinned_image
from orchestrator.rehearsal.resource_kind import ResourceKind
from orchestrator.rehearsal.world import World, allocate_address, get_volume_folder, remove_folder

PROVIDER = "hetzner"
PLACEMENT_GROUP_LIMIT = 10
VOLUME_SIZES_GIB = range(10, 10241)
NETWORK_ZONES = ("eu-central", "us-east", "us-west", "ap-southeast")


class HetznerAccount:
    """One rehearsed project at Hetzner."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._cloud = CloudAccount(world.folder / "accounts" / name)
        self._facts: Catalogue | None = None

    def list_kinds(self) -> Mapping[str, ResourceKind]:
        """What the provider knows, by the type token of the SDK."""
        stored = self._list_stored_kinds()
        return stored | {
            "hcloud:index/server:Server": ResourceKind(
                arguments=hcloud.ServerArgs,
                create=self._create_server,
                update=self._update_server,
                delete=self._delete_server,
                read=lambda identifier: self._read("server", identifier),
                fixed=frozenset({"location", "datacenter", "image", "userData", "sshKeys"}),
            ),
            "hcloud:index/volumeAttachment:VolumeAttachment": ResourceKind(
                arguments=hcloud.VolumeAttachmentArgs,
                create=self._create_attachment,
                update=lambda _identifier, _old, new: new,
                delete=self._delete_attachment,
                read=self._read_attachment,
                fixed=frozenset({"serverId", "volumeId"}),
            ),
        }

    def _list_stored_kinds(self) -> dict[str, ResourceKind]:
        """The kinds that are nothing but what the API remembers of them."""
        table = {
            "network:Network": (hcloud.NetworkArgs, self._check_network, {"ipRange"}),
            "networkSubnet:NetworkSubnet": (
                hcloud.NetworkSubnetArgs,
                self._check_subnet,
                {"networkId", "type", "networkZone", "ipRange"},
            ),
            "sshKey:SshKey": (hcloud.SshKeyArgs, self._check_ssh_key, {"publicKey"}),
            "firewall:Firewall": (hcloud.FirewallArgs, self._check_firewall, set()),
            "placementGroup:PlacementGroup": (hcloud.PlacementGroupArgs, self._check_placement_group, {"type"}),
            "volume:Volume": (hcloud.VolumeArgs, self._check_volume, {"location", "format"}),
        }
        return {
            f"hcloud:index/{token}": self._store(token.partition(":")[0], arguments, check, fixed)
            for token, (arguments, check, fixed) in table.items()
        }

    def _store(self, kind: str, arguments: type[Any], check: Any, fixed: set[str]) -> ResourceKind:
        def create(inputs: Properties) -> tuple[str, Properties]:
            self._refuse_if_lost({})
            with self._cloud.change():
                if "name" in inputs:
                    self._cloud.refuse_taken_name(kind, inputs["name"])
                check(inputs)
                identifier = self._cloud.take_id()
                properties = inputs | self._list_computed(kind, identifier)
                self._cloud.put_resource(kind, identifier, properties)
            return identifier, properties

        def update(identifier: str, old: Properties, new: Properties) -> Properties:
            self._refuse_if_lost({})
            if kind == "volume" and whole(new["size"]) < whole(old["size"]):
                raise Refusal("volume cannot be shrunk", "invalid_input")
            properties = self._cloud.get_resource(kind, identifier) | new
            self._cloud.put_resource(kind, identifier, properties)
            if kind == "firewall":
                self._apply_firewall(identifier)
            return properties

        def delete(identifier: str, _properties: Properties) -> None:
            self._refuse_if_lost({})
            found = self._cloud.find_resource(kind, identifier)
            if found is not None:
                self._refuse_in_use(kind, identifier, found)
                self._forget(kind, identifier)

        return ResourceKind(
            arguments, create, update, delete, lambda identifier: self._read(kind, identifier), frozenset(fixed)
        )

    def _forget(self, kind: str, identifier: str) -> None:
        """A deleted volume takes its data with it."""
        if kind == "volume":
            remove_folder(get_volume_folder(self._world, identifier))
        self._cloud.remove_resource(kind, identifier)

    def _read(self, kind: str, identifier: str) -> Properties | None:
        self._refuse_if_lost({})
        return self._cloud.find_resource(kind, identifier)

    def _list_computed(self, kind: str, identifier: str) -> Properties:
        """What the API adds to a resource that it merely remembers."""
        if kind == "volume":
            return {"linuxDevice": f"/dev/disk/by-id/scsi-0HC_Volume_{identifier}"}
        return {"fingerprint": f"rehearsed-{identifier}"} if kind == "sshKey" else {}

    # What the API refuses

    def _refuse_if_lost(self, domains: Mapping[DomainKind, str]) -> None:
        own: dict[DomainKind, str] = {"account": self._name, "provider": PROVIDER, "operator": PROVIDER}
        if is_lost(self._world, own | dict(domains)):
            raise Unreachable(f"{PROVIDER} API: connection timed out (account {self._name} is lost in this rehearsal)")

    def _refuse_in_use(self, kind: str, identifier: str, found: Properties) -> None:
        if found.get("deleteProtection"):
            raise Refusal(f"{kind} deletion is protected", "protected")
        field = {"firewall": "firewallIds", "placementGroup": "placementGroupId"}.get(kind)
        for server in self._cloud.list_resources("server").values() if field else ():
            used = server.get(str(field))
            if identifier in [str(whole(each)) for each in (used if isinstance(used, list) else [used]) if each]:
                raise Refusal(f"{kind} with ID '{identifier}' is still in use", "resource_in_use")
        if kind == "volume" and any(
            attachment["volumeId"] == identifier for attachment in self._cloud.list_resources("attachment").values()
        ):
            raise Refusal("volume is attached to a server", "volume_already_attached")

    def _check_network(self, inputs: Properties) -> None:
        if not ip_network(inputs["ipRange"]).is_private:
            raise Refusal("invalid input in field 'ip_range': only RFC1918 ranges are allowed", "invalid_input")

    def _check_subnet(self, inputs: Properties) -> None:
        network = self._cloud.get_resource("network", str(whole(inputs["networkId"])))
        if inputs["networkZone"] not in NETWORK_ZONES:
            raise Refusal(f"network zone '{inputs['networkZone']}' not found", "not_found")
        if not ip_network(inputs["ipRange"]).subnet_of(ip_network(network["ipRange"])):  # type: ignore[arg-type]
            raise Refusal("subnet is not part of the network's ip_range", "invalid_input")

    def _check_ssh_key(self, inputs: Properties) -> None:
        if not str(inputs["publicKey"]).startswith(("ssh-", "ecdsa-")):
            raise Refusal("invalid input in field 'public_key'", "invalid_input")
        for key in self._cloud.list_resources("sshKey").values():
            if key["publicKey"].split()[:2] == inputs["publicKey"].split()[:2]:
                raise Refusal("SSH key with the same fingerprint already exists", "uniqueness_error")

    def _check_firewall(self, inputs: Properties) -> None:
        for rule in inputs.get("rules") or ():
            if rule["protocol"] in ("tcp", "udp") and not rule.get("port"):
                raise Refusal("invalid input in field 'rules': tcp and udp rules need a port", "invalid_input")

    def _check_placement_group(self, inputs: Properties) -> None:
        if inputs["type"] != "spread":
            raise Refusal("invalid input in field 'type'", "invalid_input")

    def _check_volume(self, inputs: Properties) -> None:
        if whole(inputs["size"]) not in VOLUME_SIZES_GIB:
            raise Refusal("invalid input in field 'size': 10 to 10240", "invalid_input")
        self._refuse_location(inputs.get("location"))

    def _refuse_location(self, location: str | None) -> None:
        regions = {zone.region for zone in self._get_facts().zones}
        if location not in regions:
            raise Refusal(f"location '{location}' not found", "invalid_input")
        self._refuse_if_lost({"region": f"{PROVIDER}/{location}"})

    def _check_server(self, inputs: Properties) -> None:
        location = inputs["location"]
        self._refuse_location(location)
        types = {kind.name: kind for kind in self._get_facts().machine_types if kind.region == location}
        if inputs["serverType"] not in types:
            raise Refusal(f"unsupported location for server type {inputs['serverType']}", "invalid_input")
        if not inputs.get("image") or not any(
            image.image_id == str(inputs["image"]) for image in self._get_facts().images
        ):
            raise Refusal(f"image '{inputs.get('image')}' not found", "invalid_input")
        for kind, field in (("firewall", "firewallIds"), ("sshKey", "sshKeys")):
            for identifier in inputs.get(field) or ():
                self._cloud.get_resource(kind, str(whole(identifier)))
        for network in inputs.get("networks") or ():
            self._refuse_network_without_subnet(str(whole(network["networkId"])))
        if inputs.get("placementGroupId"):
            self._refuse_full_placement_group(str(whole(inputs["placementGroupId"])))

    def _refuse_network_without_subnet(self, network: str) -> None:
        self._cloud.get_resource("network", network)
        subnets = self._cloud.list_resources("networkSubnet").values()
        if not any(str(whole(subnet["networkId"])) == network for subnet in subnets):
            raise Refusal("network has no subnet for the server's network zone", "no_subnet_available")

    def _refuse_full_placement_group(self, group: str) -> None:
        self._cloud.get_resource("placementGroup", group)
        members = [
            server
            for server in self._cloud.list_resources("server").values()
            if server.get("placementGroupId") and str(whole(server["placementGroupId"])) == group
        ]
        if len(members) >= PLACEMENT_GROUP_LIMIT:
            raise Refusal("placement group is full", "placement_error")

    # Servers and what hangs on them

    def _create_server(self, inputs: Properties) -> tuple[str, Properties]:
        self._refuse_if_lost({})
        name = inputs["name"]
        with self._cloud.change():
            self._cloud.refuse_taken_name("server", name)
            self._check_server(inputs)
            identifier = self._cloud.take_id()
            properties = inputs | self._list_server_outputs(name, inputs)
            self._cloud.put_resource("server", identifier, properties)
        create_machine(
            self._world,
            NewMachine(
                name=name,
                address=properties["ipv4Address"],
                hostname=name,
                user_data=inputs.get("userData"),
                authorized_keys=self._list_public_keys(inputs),
                domains=self._list_domains(inputs["location"]),
                firewall=self._list_rules(inputs),
            ),
            read_pinned_image(self._world),
        )
        return identifier, properties

    def _list_server_outputs(self, name: str, inputs: Properties) -> Properties:
        kinds = self._get_facts().machine_types
        kind = next(kind for kind in kinds if kind.name == inputs["serverType"] and kind.region == inputs["location"])
        return {
            "ipv4Address": allocate_address(self._world, name),
            "ipv6Address": "",
            "ipv6Network": "",
            "status": "running",
            "primaryDiskSize": kind.local_disk_gib,
            "backupWindow": "",
        }

    def _list_domains(self, location: str) -> dict[DomainKind, str]:
        zone = next(zone for zone in self._get_facts().zones if zone.region == location)
        known: dict[DomainKind, str | None] = {
            "account": self._name,
            "operator": PROVIDER,
            "provider": PROVIDER,
            "region": f"{PROVIDER}/{location}",
            "zone": f"{PROVIDER}/{zone.zone_id or zone.zone}",
            "country": zone.country,
            "jurisdiction": zone.jurisdiction,
        }
        return {kind: value for kind, value in known.items() if value is not None}

    def _list_public_keys(self, inputs: Properties) -> tuple[str, ...]:
        keys = inputs.get("sshKeys") or ()
        return tuple(self._cloud.get_resource("sshKey", str(whole(key)))["publicKey"] for key in keys)

    def _list_rules(self, inputs: Properties) -> tuple[FirewallRule, ...]:
        firewalls = [
            self._cloud.get_resource("firewall", str(whole(identifier)))
            for identifier in inputs.get("firewallIds") or ()
        ]
        return tuple(
            FirewallRule(protocol=rule["protocol"], port=rule.get("port"), sources=tuple(rule.get("sourceIps") or ()))
            for firewall in firewalls
            for rule in firewall.get("rules") or ()
            if rule["direction"] == "in"
        )

    def _update_server(self, identifier: str, _old: Properties, new: Properties) -> Properties:
        self._refuse_if_lost({})
        properties = self._cloud.get_resource("server", identifier) | new
        self._cloud.put_resource("server", identifier, properties)
        apply_machine_firewall(self._world, properties["name"], self._list_rules(properties))
        return properties

    def _apply_firewall(self, firewall: str) -> None:
        for server in self._cloud.list_resources("server").values():
            if firewall in [str(whole(each)) for each in server.get("firewallIds") or ()]:
                apply_machine_firewall(self._world, server["name"], self._list_rules(server))

    def _delete_server(self, identifier: str, _properties: Properties) -> None:
        self._refuse_if_lost({})
        server = self._cloud.find_resource("server", identifier)
        if server is None:
            return
        if server.get("deleteProtection"):
            raise Refusal("server deletion is protected", "protected")
        delete_machine(self._world, server["name"])
        self._cloud.remove_resource("server", identifier)

    def _create_attachment(self, inputs: Properties) -> tuple[str, Properties]:
        self._refuse_if_lost({})
        server, volume = str(whole(inputs["serverId"])), str(whole(inputs["volumeId"]))
        with self._cloud.change():
            server_found = self._cloud.get_resource("server", server)
            volume_found = self._cloud.get_resource("volume", volume)
            if server_found["location"] != volume_found["location"]:
                raise Refusal("server and volume are in different locations", "invalid_input")
            if self._cloud.find_resource("attachment", volume) is not None:
                raise Refusal("volume is already attached to a server", "volume_already_attached")
            self._cloud.put_resource("attachment", volume, {"serverId": server, "volumeId": volume})
        attach_volume(self._world, server_found["name"], volume)
        return volume, inputs

    def _read_attachment(self, identifier: str) -> Properties | None:
        found = self._read("attachment", identifier)
        return found and {key: int(value) for key, value in found.items()}

    def _delete_attachment(self, identifier: str, _properties: Properties) -> None:
        self._refuse_if_lost({})
        found = self._cloud.find_resource("attachment", identifier)
        if found is None:
            return
        server = self._cloud.find_resource("server", found["serverId"])
        if server is not None:
            detach_volume(self._world, server["name"], identifier)
        self._cloud.remove_resource("attachment", identifier)

    def _get_facts(self) -> Catalogue:
        if self._facts is None:
            self._facts = load_catalogue(wanted=[(PROVIDER, ())])
        return self._facts


def whole(value: Any) -> int:
    """A number from the wire, which is a float or the text of an id, as the whole number that it is."""
    return int(float(value))
