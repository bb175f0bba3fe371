"""A node that signs, with a real validator client: it signs on one machine, whatever is lost, and all else moves."""

import json
import os
from collections.abc import Iterator

import pytest

from orchestrator.model.lock import Machine, MachineState
from orchestrator.rehearsal.machine import cut_machine
from tests.rehearsed_fleet import RehearsedFleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

UNIT = "prysm-validator"
LOST = "account=metal"
GROUP = """\
  eth-validators:
    chain: ethereum
    network: dev
    count: 1
    clients: {execution: [geth], consensus: [prysm], validator: [prysm-validator]}
    machine: {vcpus: 2, memory: 8 GiB, disk: 100 GiB}
policy:
  - {name: the signer stays in our own rack, allow: [metal], per: account, of: {group: eth-validators}}
"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RehearsedFleet]:
    """A Bitcoin node in a cloud and one in a rack, where a validator is too."""
    if os.geteuid() != 0:
        pytest.skip("machines need root")
    made = RehearsedFleet("signing", tmp_path_factory.mktemp("signing"), {"hetzner-a": "fsn1"}, hosts=2)
    made.write_spec(2)
    text = made.spec.read_text()
    assert text.count("policy:\n") == 1
    made.spec.write_text(text.replace("policy:\n", GROUP).replace("per: account}", "per: account, of: {group: btc}}"))
    made.must("place")
    yield made
    assert made.clean() == []


def find_signer(fleet: RehearsedFleet) -> Machine:
    """The one machine that the validator's node ever had."""
    (machine,) = (each for each in fleet.lock.machines if each.group == "eth-validators")
    return machine


def list_signing(fleet: RehearsedFleet) -> list[str]:
    """The machines on which the validator client runs, of all that run at all."""
    (world,) = fleet.must("rehearse", "list", "--format", "json").read()
    running = {machine["name"] for machine in world["machines"] if machine["running"]}
    there = [machine for machine in fleet.lock.machines if fleet.name_in_world(machine) in running]
    return [each.machine for each in there if fleet.ask(each, f"systemctl is-active {UNIT} || true") == "active"]


def read_mark(fleet: RehearsedFleet) -> str:
    """The mark of the signer's disk, and the inode of its slashing-protection database."""
    folder = f"$(systemctl show -p WorkingDirectory --value {UNIT})"
    return fleet.ask(find_signer(fleet), f"cd {folder} && cat .orchestrator-signer && stat -c %i validator.db")


def test_a_signer_signs_on_one_machine_alone(fleet: RehearsedFleet) -> None:
    """One story, in order: up, the host is off, its account is declared lost, and heals."""
    fleet.must("up", "--rehearse")
    signer = find_signer(fleet)
    assert list_signing(fleet) == [signer.machine]
    assert fleet.ask(signer, f"systemctl is-enabled {UNIT} || true") == "disabled"
    mark = read_mark(fleet)
    (claim,) = json.loads((fleet.world_folder / "fleet.signers.json").read_text())
    assert (claim["machine"], claim["client"], claim["disk"]) == (signer.machine, UNIT, mark.split()[0])

    before = fleet.lock.machines
    with fleet.at_home():
        cut_machine(fleet.world, fleet.name_in_world(signer))
    assert fleet.rehearse("rebalance", "--wait", "0").code == 3
    assert fleet.lock.machines == before
    assert list_signing(fleet) == []

    fleet.must("rehearse", "lose", LOST)
    lost = fleet.rehearse("rebalance", "--lose", LOST)
    assert lost.code == 4, lost.out + lost.err
    assert find_signer(fleet).state is MachineState.HELD
    assert list(lost.read()["result"]["held"]) == [signer.machine]
    assert "rebalance --heal" in lost.read()["result"]["held"][signer.machine]
    wanted = [machine for machine in fleet.lock.machines if machine.state is MachineState.WANTED]
    assert [(machine.group, machine.account) for machine in wanted] == [("btc", "hetzner-a")] * 2
    assert lost.read()["result"]["behind"] == []
    assert list_signing(fleet) == []

    fleet.must("rehearse", "heal", LOST)
    assert list_signing(fleet) == []  # a boot alone starts no signer
    fleet.rehearse("rebalance", "--heal", LOST, "--hold", "0", "--wait", "0")
    assert find_signer(fleet) == signer
    assert list_signing(fleet) == [signer.machine]
    assert read_mark(fleet) == mark
