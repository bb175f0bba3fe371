"""What the rehearsed Hetzner refuses, in its own words; no machine is booted here."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.model.loss import Loss
from orchestrator.rehearsal import attachment_kind, machine_kind
from orchestrator.rehearsal.cloud import Refusal, Unreachable
from orchestrator.rehearsal.exhaustion import Exhausted, Quota, exhaust, set_quota
from orchestrator.rehearsal.hetzner import list_kinds
from orchestrator.rehearsal.hetzner_servers import PLACEMENT_GROUP_LIMIT
from orchestrator.rehearsal.machine import NewMachine
from orchestrator.rehearsal.outage import Losses, find_losses_file
from orchestrator.rehearsal.stored import write_value
from orchestrator.rehearsal.world import World
from orchestrator.workflows.inputs import Where, read_inputs
from tests.unit.specs import write_spec

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbNXI8eGXU3dCcH0aixas0jBINWoLKmy9+wTxucqN0v"


class Cloud:
    """One account, and the machines and attachments that it would have made."""

    def __init__(self, world: World, name: str = "alpha") -> None:
        self.world = world
        self.kinds = list_kinds(world, name)
        self.booted: list[NewMachine] = []
        self.attached: list[tuple[str, str, str]] = []

    def create(self, kind: str, **inputs: Any) -> str:
        token = f"hcloud:index/{kind}:{kind[0].upper()}{kind[1:]}"
        return self.kinds[token].create(inputs)[0]

    def delete(self, kind: str, identifier: str) -> None:
        self.kinds[f"hcloud:index/{kind}:{kind[0].upper()}{kind[1:]}"].delete(identifier, {})

    def create_server(self, name: str = "btc-1-1", **inputs: Any) -> str:
        return self.create("server", **{"name": name, **SERVER, **inputs})


SERVER: dict[str, Any] = {"serverType": "ccx13", "location": "fsn1"}


@pytest.fixture(scope="module", autouse=True)
def image(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The image that the catalogue has, so that a refresh of it changes no test."""
    inputs = read_inputs(Where(write_spec(tmp_path_factory.mktemp("spec"))))
    SERVER["image"] = next(image.image_id for image in inputs.catalogue.images if image.provider == "hetzner")


@pytest.fixture
def cloud(world: World, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    made = Cloud(world)
    monkeypatch.setattr(machine_kind, "create_machine", lambda _world, machine, _image: made.booted.append(machine))
    monkeypatch.setattr(machine_kind, "read_pinned_image", lambda _world: None)
    monkeypatch.setattr(machine_kind, "delete_machine", lambda _world, _name: None)
    monkeypatch.setattr(attachment_kind, "attach_volume", lambda _world, *attached: made.attached.append(attached))
    monkeypatch.setattr(attachment_kind, "detach_volume", lambda _world, *_detached: made.attached.pop())
    return made


def test_a_server_boots_what_was_asked_for(cloud: Cloud) -> None:
    key = cloud.create("sshKey", name="k", publicKey=KEY)
    wall = cloud.create(
        "firewall",
        name="w",
        rules=[{"direction": "in", "protocol": "tcp", "port": "22", "sourceIps": ["192.0.2.0/24"]}],
    )
    cloud.create_server(sshKeys=[key], firewallIds=[float(wall)], userData="#cloud-config\n")
    (machine,) = cloud.booted
    assert (machine.name, machine.hostname, machine.user_data) == ("btc-1-1", "btc-1-1", "#cloud-config\n")
    assert machine.authorized_keys == (KEY,)
    assert machine.firewall is not None
    assert [(rule.protocol, rule.port, [str(source) for source in rule.sources]) for rule in machine.firewall] == [
        ("tcp", "22", ["192.0.2.0/24"])
    ]
    assert machine.domains["region"] == "hetzner/fsn1"
    assert machine.domains["account"] == "alpha"


def test_what_is_exhausted_or_over_the_quota_is_refused(cloud: Cloud) -> None:
    exhaust(cloud.world, Exhausted(provider="hetzner", region="fsn1", machine_type="ccx13"))
    with pytest.raises(Refusal, match=r"error during placement \(resource_unavailable\)"):
        cloud.create_server()
    cloud.create_server(location="hel1")
    set_quota(cloud.world, Quota(provider="hetzner", region="hel1", vcpus=3))
    with pytest.raises(Refusal, match=r"core limit exceeded \(resource_limit_exceeded\)"):
        cloud.create_server("btc-2-1", location="hel1")
    assert [machine.name for machine in cloud.booted] == ["btc-1-1"]


REFUSED: list[tuple[Callable[[Cloud], object], str]] = [
    (lambda c: c.create_server(location="fsn9"), "invalid_input"),
    (lambda c: c.create_server(serverType="ccx9999"), "invalid_input"),
    (lambda c: c.create_server(image="debian-1"), "invalid_input"),
    (lambda c: c.create_server(image=None), "invalid_input"),
    (lambda c: c.create_server(sshKeys=["77"]), "not_found"),
    (lambda c: c.create_server(firewallIds=[77.0]), "not_found"),
    (lambda c: c.create_server(networks=[{"networkId": 77.0}]), "not_found"),
    (lambda c: c.create_server(placementGroupId=77.0), "not_found"),
    (lambda c: c.create("volume", name="v", size=9.0, location="fsn1"), "invalid_input"),
    (lambda c: c.create("volume", name="v", size=10241.0, location="fsn1"), "invalid_input"),
    (lambda c: c.create("volume", name="v", size=10.0, location="nowhere"), "invalid_input"),
    (lambda c: c.create("network", name="n", ipRange="8.8.8.0/24"), "invalid_input"),
    (lambda c: c.create("sshKey", name="k", publicKey="hello"), "invalid_input"),
    (lambda c: c.create("firewall", name="w", rules=[{"direction": "in", "protocol": "tcp"}]), "invalid_input"),
    (lambda c: c.create("placementGroup", name="p", type="pack"), "invalid_input"),
    (lambda c: c.create("networkSubnet", networkId=7.0, networkZone="eu-central", ipRange="10.0.0.0/24"), "not_found"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_the_cloud_would_refuse_is_refused_and_leaves_nothing(cloud: Cloud, number: int) -> None:
    attempt, code = REFUSED[number]
    with pytest.raises(Refusal) as caught:
        attempt(cloud)
    assert caught.value.code == code
    assert cloud.booted == []
    assert not list((cloud.world.folder / "accounts" / "alpha").glob("*/*.json"))


def test_names_and_keys_are_taken_once(cloud: Cloud) -> None:
    cloud.create_server()
    cloud.create("sshKey", name="k", publicKey=KEY)
    attempts: list[Callable[[], object]] = [
        cloud.create_server,
        lambda: cloud.create("sshKey", name="l", publicKey=f"{KEY} other comment"),
    ]
    for attempt in attempts:
        with pytest.raises(Refusal) as caught:
            attempt()
        assert caught.value.code == "uniqueness_error"
    assert len(cloud.booted) == 1


def test_a_network_needs_a_subnet_of_its_own_range(cloud: Cloud) -> None:
    network = float(cloud.create("network", name="n", ipRange="10.0.0.0/16"))
    with pytest.raises(Refusal, match="no_subnet_available"):
        cloud.create_server(networks=[{"networkId": network}])
    for zone, ip_range, code in (("eu-central", "10.1.0.0/24", "invalid_input"), ("moon", "10.0.1.0/24", "not_found")):
        with pytest.raises(Refusal) as caught:
            cloud.create("networkSubnet", networkId=network, networkZone=zone, ipRange=ip_range, type="cloud")
        assert caught.value.code == code
    cloud.create("networkSubnet", networkId=network, networkZone="eu-central", ipRange="10.0.1.0/24", type="cloud")
    cloud.create_server(networks=[{"networkId": network}])


def test_a_placement_group_is_full_at_its_limit(cloud: Cloud) -> None:
    group = float(cloud.create("placementGroup", name="p", type="spread"))
    for number in range(PLACEMENT_GROUP_LIMIT):
        cloud.create_server(f"btc-{number}-1", placementGroupId=group)
    with pytest.raises(Refusal, match="placement_error"):
        cloud.create_server("btc-99-1", placementGroupId=group)


def test_volumes_attach_in_their_own_location_once(cloud: Cloud) -> None:
    server, other = cloud.create_server(), cloud.create_server("btc-2-1")
    volume = cloud.create("volume", name="v", size=100.0, location="fsn1")
    far = cloud.create("volume", name="w", size=100.0, location="hel1")
    with pytest.raises(Refusal, match="different locations"):
        cloud.create("volumeAttachment", serverId=float(server), volumeId=float(far))
    cloud.create("volumeAttachment", serverId=float(server), volumeId=float(volume))
    assert cloud.attached == [("btc-1-1", volume, f"scsi-0HC_Volume_{volume}")]
    with pytest.raises(Refusal, match="already attached"):
        cloud.create("volumeAttachment", serverId=float(other), volumeId=float(volume))
    with pytest.raises(Refusal, match="attached to a server"):
        cloud.delete("volume", volume)
    cloud.delete("volumeAttachment", volume)
    cloud.delete("volume", volume)
    assert cloud.attached == []


def test_what_is_protected_or_in_use_is_not_deleted(cloud: Cloud) -> None:
    wall = cloud.create("firewall", name="w", rules=[])
    server = cloud.create_server(firewallIds=[float(wall)], deleteProtection=True)
    volume = cloud.create("volume", name="v", size=10.0, location="fsn1", deleteProtection=True)
    for kind, identifier, code in (
        ("server", server, "protected"),
        ("volume", volume, "protected"),
        ("firewall", wall, "resource_in_use"),
    ):
        with pytest.raises(Refusal) as caught:
            cloud.delete(kind, identifier)
        assert caught.value.code == code


def test_a_volume_never_shrinks(cloud: Cloud) -> None:
    volume = cloud.create("volume", name="v", size=100.0, location="fsn1")
    kind = cloud.kinds["hcloud:index/volume:Volume"]
    with pytest.raises(Refusal, match="cannot be shrunk"):
        kind.update(volume, {"size": 100.0}, {"size": 50.0})
    assert kind.update(volume, {"size": 100.0}, {"size": 200.0})["size"] == 200.0


@pytest.mark.parametrize("lost", ["account=alpha", "provider=hetzner", "operator=hetzner"])
def test_the_api_of_what_is_lost_does_not_answer(cloud: Cloud, lost: str) -> None:
    server = cloud.create_server()
    write_value(find_losses_file(cloud.world), Losses(losses=(Loss.parse(lost),)))
    kind = cloud.kinds["hcloud:index/server:Server"]
    attempts: list[Callable[[], object]] = [
        lambda: cloud.create_server("btc-2-1"),
        lambda: kind.read(server),
        lambda: kind.update(server, {}, {}),
        lambda: cloud.delete("server", server),
        lambda: cloud.create("volume", name="v", size=10.0, location="fsn1"),
    ]
    for attempt in attempts:
        with pytest.raises(Unreachable, match="timed out"):
            attempt()
    assert len(cloud.booted) == 1


def test_another_accounts_loss_and_a_lost_region_leave_the_rest_alone(cloud: Cloud) -> None:
    losses = (Loss.parse("account=beta"), Loss.parse("region=hetzner/hel1"))
    write_value(find_losses_file(cloud.world), Losses(losses=losses))
    cloud.create_server()
    with pytest.raises(Unreachable):
        cloud.create_server("btc-2-1", location="hel1")


def test_a_primary_ip_is_its_servers_address_and_stays_as_long_as_it_is_used(cloud: Cloud) -> None:
    address = cloud.create("primaryIp", name="a", type="ipv4", location="fsn1")
    server = cloud.create_server(publicNets=[{"ipv4": float(address)}])
    kinds = cloud.kinds
    reserved = kinds["hcloud:index/primaryIp:PrimaryIp"].read(address)
    assert reserved is not None
    assert str(cloud.booted[0].address) == reserved["ipAddress"]
    with pytest.raises(Refusal, match="must_be_unassigned"):
        cloud.delete("primaryIp", address)
    with pytest.raises(Refusal, match="primary_ip_assigned"):
        cloud.create_server("btc-2-1", publicNets=[{"ipv4": float(address)}])
    cloud.delete("server", server)
    cloud.delete("primaryIp", address)


def test_a_primary_ip_of_another_location_is_refused(cloud: Cloud) -> None:
    address = cloud.create("primaryIp", name="a", type="ipv4", location="hel1")
    with pytest.raises(Refusal, match="same location"):
        cloud.create_server(publicNets=[{"ipv4": float(address)}])
