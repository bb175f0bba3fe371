"""Enrolled hosts in rehearsal: one machine each, how it is reached written down; no machine is booted here."""

import json
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from orchestrator.model.loss import Loss
from orchestrator.model.rehearsal import RehearsalRequest, RehearsedAccount, RehearsedHost
from orchestrator.rehearsal import hosts
from orchestrator.rehearsal.machine import NewMachine
from orchestrator.rehearsal.outage import Losses, find_losses_file
from orchestrator.rehearsal.project import ACCESS_FILE
from orchestrator.rehearsal.stored import write_value
from orchestrator.rehearsal.world import World, find_worlds_folder

HOSTS = tuple(RehearsedHost(name=name, domains={"account": "metal", "zone": f"ssh/{name}"}) for name in ("m1", "m2"))
REQUEST = RehearsalRequest(
    fleet="demo",
    spec=Path("/s"),
    lock=Path("/l"),
    accounts=(
        RehearsedAccount(name="alpha", provider="hetzner"),
        RehearsedAccount(name="metal", provider="ssh", hosts=HOSTS),
    ),
)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = find_worlds_folder() / "0123abcd"
    made = World(id="0123abcd", folder=folder, fleet="f", spec_path=Path("/f"), subnet=IPv4Network("10.213.9.0/24"))
    made.machines_folder.mkdir(parents=True)
    write_value(folder / "world.json", made)
    return made


@pytest.fixture
def booted(monkeypatch: pytest.MonkeyPatch) -> list[NewMachine]:
    machines: list[NewMachine] = []
    monkeypatch.setattr(hosts, "create_machine", lambda _world, machine, _image: machines.append(machine))
    monkeypatch.setattr(hosts, "read_pinned_image", lambda _world: None)
    monkeypatch.setattr(hosts, "wait_for_port", lambda *_: None)
    return machines


def test_each_host_is_a_machine_with_its_own_key_and_the_operators(world: World, booted: list[NewMachine]) -> None:
    hosts.ensure_hosts(world, REQUEST)
    assert sorted(machine.name for machine in booted) == ["metal-m1", "metal-m2"]
    told = json.loads((world.folder / ACCESS_FILE).read_text())
    operator = (world.folder / "operator_ed25519.pub").read_text().strip()
    assert told["access"] == {"ssh_keys": [operator], "ssh_from": ["10.213.9.1/32"]}
    assert list(told["hosts"]) == ["metal"]
    for machine in booted:
        reach = told["hosts"]["metal"][machine.hostname]
        assert reach["address"] == str(machine.address)
        assert reach["host_key"].startswith("ssh-ed25519 ")
        assert len(reach["host_key"].split()) == 2
        assert machine.authorized_keys == (operator,)
        assert machine.host_key_private is not None
        assert machine.user_data is None
    assert len({machine.host_key_private for machine in booted}) == 2
    assert len({machine.address for machine in booted}) == 2


def test_keys_and_addresses_stay_when_it_is_made_ready_again(world: World, booted: list[NewMachine]) -> None:
    hosts.ensure_hosts(world, REQUEST)
    first = (world.folder / ACCESS_FILE).read_text()
    hosts.ensure_hosts(world, REQUEST)
    assert (world.folder / ACCESS_FILE).read_text() == first
    assert len({machine.host_key_private for machine in booted}) == 2


def test_a_lost_host_is_not_booted_and_can_still_be_named(world: World, booted: list[NewMachine]) -> None:
    write_value(find_losses_file(world), Losses(losses=(Loss.parse("zone=ssh/m1"),)))
    hosts.ensure_hosts(world, REQUEST)
    assert [machine.name for machine in booted] == ["metal-m2"]
    assert set(json.loads((world.folder / ACCESS_FILE).read_text())["hosts"]["metal"]) == {"m1", "m2"}
