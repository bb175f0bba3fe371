"""Outages of real machines: halted with their domain, back when all of their domains are healed."""

from collections.abc import Callable

import pytest

from orchestrator.model.loss import Loss
from orchestrator.rehearsal.machine import create_machine, halt_machine, list_machines
from orchestrator.rehearsal.outage import Losses, Part, heal, is_api_lost, is_machine_lost, lose, read_losses
from orchestrator.rehearsal.world import World
from tests.machines.conftest import Reach

pytestmark = pytest.mark.machines

ACCOUNT = Loss(kind="account", value="b")
ZONE = Loss(kind="zone", value="hetzner/fsn1")


def list_running(world: World) -> list[str]:
    return [machine.record.name for machine in list_machines(world) if machine.running]


def test_machines_go_and_come_back_with_their_domains(world: World, make_spec: Callable[..., Reach]) -> None:
    places = {
        "a-1": {"account": "a", "zone": "hetzner/fsn1"},
        "b-1": {"account": "b", "zone": "hetzner/fsn1"},
        "b-2": {"account": "b", "zone": "hetzner/hel1"},
        "b-3": {"account": "b", "zone": "hetzner/hel1"},
    }
    reaches = {name: make_spec(name, domains=domains) for name, domains in places.items()}
    for reach in reaches.values():
        create_machine(world, reach.spec)
    boot_id = reaches["a-1"].ask("cat /proc/sys/kernel/random/boot_id")
    halt_machine(world, "b-3")  # its owner switched it off

    for _ in range(2):
        lose(world, ACCOUNT)
    assert list_running(world) == ["a-1"]
    assert read_losses(world) == Losses(losses=(ACCOUNT,))
    assert is_api_lost(world, {"account": "b"})
    assert not is_api_lost(world, {"account": "a"})

    lose(world, ZONE)
    assert list_running(world) == []
    heal(world, ACCOUNT)
    assert list_running(world) == ["b-2"]
    for _ in range(2):
        heal(world, ZONE)
    assert list_running(world) == ["a-1", "b-1", "b-2"]
    assert read_losses(world) == Losses()
    assert reaches["a-1"].ask("cat /proc/sys/kernel/random/boot_id") != boot_id

    lose(world, ACCOUNT, Part.API)
    assert is_api_lost(world, {"account": "b"})
    assert list_running(world) == ["a-1", "b-1", "b-2"]
    heal(world, ACCOUNT)
    lose(world, ACCOUNT, Part.MACHINES)
    assert not is_api_lost(world, {"account": "b"})
    assert is_machine_lost(world, {"account": "b"})
    assert list_running(world) == ["a-1"]
    heal(world, ACCOUNT)
    assert list_running(world) == ["a-1", "b-1", "b-2"]
