"""What the rehearsed Google Cloud refuses, in its own words; no machine is booted here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.catalog.catalogue import load_catalogue
from orchestrator.model.catalogue import Catalogue
from orchestrator.model.loss import Loss
from orchestrator.rehearsal import attachment_kind, machine_kind
from orchestrator.rehearsal.cloud import Refusal, Unreachable
from orchestrator.rehearsal.exhaustion import Exhausted, Quota, exhaust, set_quota
from orchestrator.rehearsal.gcp import list_functions, list_kinds
from orchestrator.rehearsal.gcp_guest import SCRIPT
from orchestrator.rehearsal.gcp_project import GcpProject
from orchestrator.rehearsal.inputs import list_told
from orchestrator.rehearsal.machine import NewMachine
from orchestrator.rehearsal.outage import Losses, find_losses_file
from orchestrator.rehearsal.stored import write_value
from orchestrator.rehearsal.world import World

PROJECT = "example-nodes"
ZONE, REGION = "us-central1-a", "us-central1"
PATH = f"projects/{PROJECT}"
INSTANCE_PATH = f"{PATH}/zones/{ZONE}/instances/f-btc-1-1"
LABELS = {"fleet": "f", "managed-by": "node-orchestrator"}
INSTANCE: dict[str, Any] = {"zone": ZONE, "machineType": "n2-standard-2", "project": PROJECT}


@dataclass(frozen=True)
class Asked:
    """The last resource of a kind that was made: its id, and what it was made from."""

    identifier: str
    inputs: dict[str, Any]


class Cloud:
    """One account with a network, a subnetwork and two rules, and the machines that it would have made."""

    def __init__(self, world: World, name: str = "alpha") -> None:
        self.world = world
        self.kinds = list_kinds(world, name)
        self.booted: list[NewMachine] = []
        self.attached: list[tuple[str, str, str]] = []
        self.held: list[tuple[str, list[str | None]]] = []
        self.asked: dict[str, Asked] = {}

    def lay_ground(self) -> None:
        self.network = self.create("network", name="f", autoCreateSubnetworks=False)
        self.subnetwork = self.create_subnetwork()
        self.firewall = self.create_firewall()

    def create(self, kind: str, **inputs: Any) -> str:
        given = {"project": PROJECT} | inputs
        identifier = str(self.get_kind(kind).create(given)[0])
        self.asked[kind] = Asked(identifier, given)
        return identifier

    def get_kind(self, kind: str) -> Any:
        return self.kinds[f"gcp:compute/{kind}:{kind[0].upper()}{kind[1:]}"]

    def delete(self, kind: str, identifier: str) -> None:
        self.get_kind(kind).delete(identifier, {})

    def create_subnetwork(self, name: str = "f-us", **inputs: Any) -> str:
        given = {"network": self.network, "region": REGION, "ipCidrRange": "10.98.0.0/16"} | inputs
        return self.create("subnetwork", name=name, **given)

    def create_firewall(self, name: str = "f-btc-ssh", **inputs: Any) -> str:
        rule = {"allows": [{"protocol": "tcp", "ports": ["22"]}], "sourceRanges": ["192.0.2.0/24"]}
        return self.create(
            "firewall", **{"name": name, "network": self.network, "targetTags": ["f-btc"]} | rule | inputs
        )

    def create_instance(self, name: str = "f-btc-1-1", **inputs: Any) -> str:
        interface = {"subnetwork": self.subnetwork, "accessConfigs": [{"networkTier": "PREMIUM"}]}
        given = {"networkInterfaces": [interface], "tags": ["f-btc"], "labels": LABELS}
        return self.create("instance", **{"name": name} | INSTANCE | given | inputs)

    def create_disk(self, name: str = "f-btc-1-1-data", **inputs: Any) -> str:
        return self.create("disk", **{"name": name, "zone": ZONE, "type": "pd-balanced", "size": 100.0} | inputs)

    def attach(self, instance: str, disk: str, device: str = "btc-1-1") -> str:
        return self.create("attachedDisk", instance=instance, disk=disk, deviceName=device)


@pytest.fixture(scope="module")
def facts() -> Catalogue:
    """The catalogue's facts, read once; the image is the one that it has, so that a refresh of it changes no test."""
    facts = load_catalogue(wanted=[("gcp", ())])
    INSTANCE["bootDisk"] = {"initializeParams": {"image": facts.images[0].image_id, "size": 20.0}}
    return facts


@pytest.fixture
def cloud(world: World, monkeypatch: pytest.MonkeyPatch, facts: Catalogue) -> Cloud:
    monkeypatch.setattr(GcpProject, "facts", facts)
    made = Cloud(world)
    monkeypatch.setattr(machine_kind, "create_machine", lambda _world, machine, _image: made.booted.append(machine))
    monkeypatch.setattr(machine_kind, "read_pinned_image", lambda _world: None)
    monkeypatch.setattr(machine_kind, "delete_machine", lambda _world, _name: None)
    monkeypatch.setattr(
        machine_kind,
        "apply_machine_firewall",
        lambda _world, name, rules: made.held.append((name, [rule.port for rule in rules])),
    )
    monkeypatch.setattr(attachment_kind, "attach_volume", lambda _world, *attached: made.attached.append(attached))
    monkeypatch.setattr(attachment_kind, "detach_volume", lambda _world, *_detached: made.attached.pop())
    made.lay_ground()
    return made


def test_an_instance_boots_with_the_startup_script_and_no_cloud_init(cloud: Cloud) -> None:
    identifier = cloud.create_instance(metadata={"startup-script": "#!/bin/sh\ntrue\n"})
    (machine,) = cloud.booted
    assert identifier == INSTANCE_PATH
    assert (machine.name, machine.user_data, machine.authorized_keys) == ("f-btc-1-1", None, ())
    (script,) = [file for file in machine.files if file.path == SCRIPT]
    assert (script.text, script.mode) == ("#!/bin/sh\ntrue\n", 0o700)
    assert (machine.domains["region"], machine.domains["zone"]) == ("gcp/us-central1", "gcp/us-central1-a")
    properties = cloud.get_kind("instance").read(identifier)
    assert properties["networkInterfaces"][0]["accessConfigs"][0]["natIp"] == str(machine.address)


def test_rules_hold_for_the_instances_that_have_their_tag(cloud: Cloud) -> None:
    cloud.create_instance()
    cloud.create_instance("f-eth-1-1", tags=["f-eth"])
    first, second = cloud.booted
    assert first.firewall is not None
    assert [(rule.protocol, rule.port, [str(each) for each in rule.sources]) for rule in first.firewall] == [
        ("tcp", "22", ["192.0.2.0/24"])
    ]
    assert second.firewall == ()  # what no rule allows is refused
    cloud.create_firewall("f-eth-peers", targetTags=["f-eth"], allows=[{"protocol": "udp", "ports": ["30303"]}])
    assert dict(cloud.held) == {"f-btc-1-1": ["22"], "f-eth-1-1": ["30303"]}
    cloud.delete("firewall", cloud.firewall)
    assert dict(cloud.held) == {"f-btc-1-1": [], "f-eth-1-1": ["30303"]}


def test_what_is_exhausted_or_over_the_quota_is_refused_after_it_was_begun(cloud: Cloud) -> None:
    exhaust(cloud.world, Exhausted(provider="gcp", region=REGION, machine_type="n2-standard-2"))
    with pytest.raises(Refusal) as caught:
        cloud.create_instance()
    assert str(caught.value) == (
        f"Error waiting for instance to create: The zone '{PATH}/zones/{ZONE}' does not have enough resources "
        "available to fulfill the request.  Try a different zone, or try again later."
    )
    cloud.create_instance(machineType="n2-standard-4")
    set_quota(cloud.world, Quota(provider="gcp", region=REGION, vcpus=7))
    with pytest.raises(Refusal) as caught:
        cloud.create_instance("f-btc-2-1", machineType="n2-standard-4")
    assert str(caught.value) == (
        "Error waiting for instance to create: Quota 'CPUS' exceeded.  Limit: 7.0 in region us-central1."
    )
    assert [machine.name for machine in cloud.booted] == ["f-btc-1-1"]


REFUSED: list[tuple[Callable[[Cloud], object], str]] = [
    (
        lambda c: c.create_instance(zone="us-central1"),
        "Error 400: Invalid value for field 'zone': 'us-central1'. Unknown zone., invalid",
    ),
    (
        lambda c: c.create_instance(machineType="n9-standard-2"),
        "'resource.machineType': 'projects/example-nodes/zones/us-central1-a/machineTypes/n9-standard-2'. Machine type "
        "with name 'n9-standard-2' does not exist in zone 'us-central1-a'., invalid",
    ),
    (
        lambda c: c.create_instance(bootDisk={"initializeParams": {"image": "debian-1"}}),
        "'resource.disks[0].initializeParams.sourceImage': 'debian-1'. The referenced image resource cannot be found.",
    ),
    (lambda c: c.create_instance("F.btc"), "'resource.name': 'F.btc'. Must be a match of regex"),
    (lambda c: c.create_instance("f" * 64), "Must be a match of regex"),
    (
        lambda c: c.create_instance(labels={"machine": "btc-1.1"}),
        "Label value 'btc-1.1' violates format constraints. The value can only contain lowercase letters",
    ),
    (lambda c: c.create_instance(labels={"Fleet": "f"}), "Label key 'Fleet' violates format constraints"),
    (lambda c: c.create_instance(tags=["f_btc"]), "'resource.tags.items[0]': 'f_btc'. Must be a match of regex"),
    (
        lambda c: c.create_instance(metadata={"enable-oslogin": "no"}),
        "'resource.metadata.items['enable-oslogin']': 'no'. Must be TRUE or FALSE.",
    ),
    (
        lambda c: c.create_instance(networkInterfaces=[{"subnetwork": f"{PATH}/regions/{REGION}/subnetworks/x"}]),
        "'resource.networkInterfaces[0].subnetwork'",
    ),
    (
        lambda c: c.create_instance(resourcePolicies=f"{PATH}/regions/{REGION}/resourcePolicies/x"),
        "The referenced resourcePolicy resource cannot be found., invalid",
    ),
    (
        lambda c: c.create_instance(
            networkInterfaces=[{"subnetwork": c.subnetwork, "accessConfigs": [{"natIp": "203.0.113.9"}]}]
        ),
        "'203.0.113.9'. The specified external IP address was not found in the region of the instance., invalid",
    ),
    (lambda c: c.create_disk(zone="europe-west4"), "'zone': 'europe-west4'. Unknown zone."),
    (lambda c: c.create_disk(type="gp3"), "The referenced diskType resource cannot be found."),
    (lambda c: c.create_disk(size=9.0), "Disk size must be between 10 and 65536 GB for pd-balanced."),
    (
        lambda c: c.create_disk(provisionedIops=3000.0),
        "'resource.provisionedIops': '3000'. Provisioned IOPS is not supported for disk type pd-balanced.",
    ),
    (lambda c: c.create_subnetwork("s", region="mars1"), "'region': 'mars1'. Unknown region."),
    (lambda c: c.create_subnetwork("s", ipCidrRange="8.8.8.0/24"), "'8.8.8.0/24'. Must be a valid private IPv4 range."),
    (lambda c: c.create_subnetwork("s", ipCidrRange=None), "Must be a valid private IPv4 range."),
    (
        lambda c: c.create_subnetwork("s", region="us-east1"),
        "Invalid IPCidrRange: 10.98.0.0/16 conflicts with existing subnetwork 'f-us' in region 'us-central1'., invalid",
    ),
    (
        lambda c: c.create_subnetwork("s", network=f"{PATH}/global/networks/x"),
        "The referenced network resource cannot be found.",
    ),
    (lambda c: c.create_firewall("w", network="x"), "The referenced network resource cannot be found."),
    (lambda c: c.create_firewall("w", sourceRanges=["0.0.0.0/0", "::/0"]), "cannot be mixed in one rule."),
    (lambda c: c.create_firewall("w", sourceRanges=[]), "At least one of sourceRanges and sourceTags"),
    (lambda c: c.create_firewall("w", allows=[]), "Required field 'resource.allowed' not specified"),
    (lambda c: c.create_firewall("w", allows=[{"protocol": "quic"}]), "'quic'. Unknown protocol."),
    (
        lambda c: c.create_firewall("w", allows=[{"protocol": "icmp", "ports": ["8"]}]),
        "'resource.allowed[0].ports[0]': '8'.",
    ),
    (lambda c: c.create_firewall("w", targetTags=["F"]), "'resource.targetTags[0]': 'F'. Must be a match of regex"),
    (
        lambda c: c.create(
            "resourcePolicy", name="p", region=REGION, groupPlacementPolicy={"availabilityDomainCount": 9.0}
        ),
        "'resource.groupPlacementPolicy.availabilityDomainCount': '9'. Must be between 1 and 8.",
    ),
    (lambda c: c.create("address", name="a", region="mars1"), "Unknown region."),
    (lambda c: c.attach(INSTANCE_PATH, "x"), "The referenced instance resource cannot be found."),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_the_cloud_would_refuse_is_refused_and_leaves_nothing(cloud: Cloud, number: int) -> None:
    attempt, words = REFUSED[number]
    before = list_files(cloud)
    with pytest.raises(Refusal) as caught:
        attempt(cloud)
    assert str(caught.value).startswith("googleapi: Error 400: ")
    assert str(caught.value).endswith(", invalid")
    assert words in str(caught.value)
    assert cloud.booted == []
    assert list_files(cloud) == before


def list_files(cloud: Cloud) -> list[Path]:
    return sorted((cloud.world.folder / "accounts" / "alpha").glob("*/*.json"))


def test_a_name_is_taken_once_in_its_place(cloud: Cloud) -> None:
    cloud.create_instance()
    with pytest.raises(Refusal) as caught:
        cloud.create_instance()
    assert str(caught.value) == (f"googleapi: Error 409: The resource '{INSTANCE_PATH}' already exists, alreadyExists")
    cloud.create_instance(zone="us-central1-b")
    assert len(cloud.booted) == 2


def test_a_subnetwork_a_policy_or_an_address_of_another_region_is_refused(cloud: Cloud) -> None:
    far = cloud.create_subnetwork("f-east", region="us-east1", ipCidrRange="10.99.0.0/16")
    policy = cloud.create("resourcePolicy", name="p", region="us-east1")
    address = cloud.create("address", name="f-btc-1-1", region="us-east1")
    reserved = cloud.get_kind("address").read(address)["address"]
    for inputs in (
        {"networkInterfaces": [{"subnetwork": far}]},
        {"resourcePolicies": policy},
        {"networkInterfaces": [{"subnetwork": cloud.subnetwork, "accessConfigs": [{"natIp": reserved}]}]},
    ):
        with pytest.raises(Refusal, match=r"region( as)? (of )?the instance|in the same region"):
            cloud.create_instance(**inputs)
    assert cloud.booted == []


def test_a_network_that_makes_its_own_subnetworks_takes_no_other(cloud: Cloud) -> None:
    automatic = cloud.create("network", name="auto", autoCreateSubnetworks=True)
    with pytest.raises(Refusal, match="Cannot create custom subnetworks"):
        cloud.create_subnetwork("s", network=automatic, ipCidrRange="10.99.0.0/16")


def test_shared_core_types_take_no_placement_policy(cloud: Cloud) -> None:
    policy = cloud.create("resourcePolicy", name="p", region=REGION)
    with pytest.raises(Refusal, match="Placement policy is not applicable to machine type e2-standard-2"):
        cloud.create_instance(machineType="e2-standard-2", resourcePolicies=policy)
    cloud.create_instance(resourcePolicies=policy)
    with pytest.raises(Refusal, match="is already being used by"):
        cloud.delete("resourcePolicy", policy)


def test_a_reserved_address_is_the_machines_and_is_used_once(cloud: Cloud) -> None:
    identifier = cloud.create("address", name="f-btc-1-1", region=REGION)
    address = cloud.get_kind("address").read(identifier)["address"]
    interface = {"subnetwork": cloud.subnetwork, "accessConfigs": [{"natIp": address}]}
    instance = cloud.create_instance(networkInterfaces=[interface])
    assert str(cloud.booted[0].address) == address
    with pytest.raises(Refusal, match="External IP address is already in-use"):
        cloud.create_instance("f-btc-2-1", networkInterfaces=[interface])
    with pytest.raises(Refusal, match="resourceInUseByAnotherResource"):
        cloud.delete("address", identifier)
    cloud.delete("instance", instance)
    cloud.delete("address", identifier)


def test_disks_attach_in_their_own_zone_once_under_the_devices_name(cloud: Cloud) -> None:
    instance, other = cloud.create_instance(), cloud.create_instance("f-btc-2-1")
    disk, far = cloud.create_disk(), cloud.create_disk("far", zone="us-central1-b")
    with pytest.raises(Refusal, match="Disk must be in the same zone as the instance"):
        cloud.attach(instance, far)
    attachment = cloud.attach(instance, disk)
    assert attachment == f"{INSTANCE_PATH}/f-btc-1-1-data"
    number = cloud.get_kind("disk").read(disk)["diskId"]
    assert cloud.attached == [("f-btc-1-1", number, "google-btc-1-1")]
    with pytest.raises(Refusal) as caught:
        cloud.attach(other, disk)
    assert str(caught.value) == (
        f"googleapi: Error 400: The disk resource '{disk}' is already being used by '{instance}', "
        "resourceInUseByAnotherResource"
    )
    with pytest.raises(Refusal, match="is already being used by"):
        cloud.delete("disk", disk)
    cloud.delete("attachedDisk", attachment)
    cloud.delete("disk", disk)
    assert cloud.attached == []


def test_what_is_protected_or_in_use_is_not_deleted(cloud: Cloud) -> None:
    instance = cloud.create_instance(deletionProtection=True)
    with pytest.raises(Refusal, match="Cannot delete instance f-btc-1-1: instance Deletion Protection is enabled"):
        cloud.delete("instance", instance)
    for kind, identifier in (("network", cloud.network), ("subnetwork", cloud.subnetwork)):
        with pytest.raises(Refusal, match=f"The {kind} resource '{identifier}' is already being used by"):
            cloud.delete(kind, identifier)


def test_a_disk_never_shrinks(cloud: Cloud) -> None:
    disk = cloud.create_disk()
    kind = cloud.get_kind("disk")
    with pytest.raises(Refusal, match="must be larger than existing size"):
        kind.update(disk, {"size": 100.0}, {"size": 50.0})
    assert kind.update(disk, {"size": 100.0}, {"size": 200.0})["size"] == 200.0


def test_an_instance_is_not_stopped_for_another_type_and_keeps_its_address(cloud: Cloud) -> None:
    identifier = cloud.create_instance()
    kind = cloud.get_kind("instance")
    old = kind.read(identifier)
    inputs = {**old, "networkInterfaces": [{"subnetwork": cloud.subnetwork, "accessConfigs": [{}]}]}
    with pytest.raises(Refusal, match="requires stopping it"):
        kind.update(identifier, old, {**inputs, "machineType": "n2-standard-4"})
    changed = kind.update(identifier, old, {**inputs, "labels": {"fleet": "g"}})
    assert changed["labels"] == {"fleet": "g"}
    assert changed["networkInterfaces"][0]["accessConfigs"][0]["natIp"] == str(cloud.booted[0].address)


@pytest.mark.parametrize("lost", ["account=alpha", "provider=gcp", "operator=gcp"])
def test_the_api_of_what_is_lost_does_not_answer(cloud: Cloud, lost: str) -> None:
    instance = cloud.create_instance()
    write_value(find_losses_file(cloud.world), Losses(losses=(Loss.parse(lost),)))
    kind = cloud.get_kind("instance")
    attempts: list[Callable[[], object]] = [
        lambda: cloud.create_instance("f-btc-2-1"),
        lambda: kind.read(instance),
        lambda: kind.update(instance, INSTANCE, INSTANCE),
        lambda: cloud.delete("instance", instance),
        cloud.create_disk,
        lambda: cloud.delete("network", cloud.network),
        lambda: ask_zones(cloud, REGION),
    ]
    for attempt in attempts:
        with pytest.raises(Unreachable, match="timed out"):
            attempt()
    assert len(cloud.booted) == 1


def test_another_accounts_loss_and_a_lost_zone_leave_the_rest_alone(cloud: Cloud) -> None:
    losses = (Loss.parse("account=beta"), Loss.parse("zone=gcp/us-central1-b"), Loss.parse("region=gcp/us-east1"))
    write_value(find_losses_file(cloud.world), Losses(losses=losses))
    cloud.create_instance()
    attempts: list[Callable[[], object]] = [
        lambda: cloud.create_instance("f-btc-2-1", zone="us-central1-b"),
        lambda: cloud.create_subnetwork("s", region="us-east1", ipCidrRange="10.99.0.0/16"),
    ]
    for attempt in attempts:
        with pytest.raises(Unreachable):
            attempt()


def test_what_is_imported_is_not_made_anew(cloud: Cloud) -> None:
    """What the API tells of a resource is what was asked for, but for what it adds, which makes nothing anew."""
    cloud.create_instance()
    cloud.attach(INSTANCE_PATH, cloud.create_disk())
    cloud.create("address", name="a", region=REGION)
    cloud.create("resourcePolicy", name="p", region=REGION, groupPlacementPolicy={"availabilityDomainCount": 8.0})
    for token, kind in cloud.kinds.items():
        name = token.rpartition("/")[2].partition(":")[0]
        asked = cloud.asked[name]
        found = kind.read(asked.identifier)
        assert found is not None
        told = list_told(kind.arguments, found)
        changed = {key for key in told.keys() | asked.inputs.keys() if told.get(key) != asked.inputs.get(key)}
        assert not changed & kind.fixed, token
        assert changed <= {"networkInterfaces", "address"}, token


def ask_zones(cloud: Cloud, region: str) -> list[str]:
    """What the stack program asks first."""
    answer = list_functions(cloud.world, "alpha")["gcp:compute/getZones:getZones"]({"region": region})
    names: list[str] = answer["names"]
    return names


def test_the_zones_of_a_region_can_be_asked_for(cloud: Cloud) -> None:
    assert ask_zones(cloud, REGION) == [f"us-central1-{letter}" for letter in "abcf"]
    with pytest.raises(Refusal, match="Unknown region"):
        ask_zones(cloud, "mars1")
