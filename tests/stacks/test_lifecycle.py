"""A fleet's whole life, a stage a fixture: hindered growth, completion, fewer and larger machines, down, up, gone."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.adapters.ssh import run_command
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.lock import Machine
from tests.rehearsed_fleet import Done, RehearsedFleet

pytestmark = [pytest.mark.engine, pytest.mark.machines]

CLAIM = "/etc/orchestrator/claim.json"
STRANGER = {"fleet": "stranger", "machine": "eth-7.1"}
MARK = "written by a test"


@dataclass(frozen=True)
class Stage:
    """The fleet after a stage, and how the command that led there ended."""

    fleet: RehearsedFleet
    done: Done

    @property
    def answer(self) -> Any:
        return self.done.read()


def run_on_host(fleet: RehearsedFleet, number: int, command: str) -> str:
    """What a command prints on an enrolled host, whether the fleet uses it or not."""
    reach = json.loads((fleet.world_folder / "access.json").read_text())["hosts"]["metal"][f"metal-{number}"]
    endpoint = Endpoint(machine=f"metal-{number}", address=reach["address"], host_keys=(reach["host_key"],))
    done = run_command(endpoint, fleet.world_folder / "operator_ed25519", command)
    assert done.exit_code == 0, done.stderr
    return done.stdout.strip()


def list_new(fleet: RehearsedFleet) -> dict[str, Machine]:
    """The machines that came with the growth from three to six nodes, by account."""
    return {machine.account: machine for machine in fleet.lock.machines if int(machine.node.rpartition("-")[2]) > 3}


def is_running(fleet: RehearsedFleet, name: str) -> bool:
    """Whether a machine of that name runs in the fleet's world."""
    (world,) = fleet.must("rehearse", "list", "--format", "json").read()
    return any(machine["name"] == name and machine["running"] for machine in world["machines"])


@pytest.fixture(scope="module")
def hindered(fleet: RehearsedFleet) -> Stage:
    """Growth by a node an account while hetzner-b is lost and the free host is another fleet's."""
    fleet.must("rehearse", "lose", "account=hetzner-b")
    used = {machine.host for machine in fleet.lock.machines}
    free = next(number for number in (1, 2) if f"metal-{number}" not in used)
    run_on_host(fleet, free, f"mkdir -p /etc/orchestrator && echo '{json.dumps(STRANGER)}' > {CLAIM}")
    fleet.write_spec(count=6)
    fleet.must("place")
    return Stage(fleet, fleet.rehearse("up", "--wait", "0"))


@pytest.fixture(scope="module")
def grown(hindered: Stage) -> Stage:
    """The same command once the account is back and the host is free."""
    fleet = hindered.fleet
    fleet.must("rehearse", "heal", "account=hetzner-b")
    new = list_new(fleet)["metal"]
    assert new.host is not None
    run_on_host(fleet, int(new.host.rpartition("-")[2]), f"rm {CLAIM}")
    return Stage(fleet, fleet.rehearse("up"))


@pytest.fixture(scope="module")
def shrunk(grown: Stage) -> Stage:
    """Three nodes again: the others are let go. They ask for more than Hetzner's machines have, which are replaced."""
    fleet = grown.fleet
    fleet.write_spec(count=3)
    fleet.spec.write_text(fleet.spec.read_text().replace("vcpus: 2", "vcpus: 4").replace("100 GiB", "200 GiB"))
    return Stage(fleet, fleet.rehearse("rebalance", "--hold", "0"))


@pytest.fixture(scope="module")
def down(shrunk: Stage) -> Stage:
    """All machines removed; before that, a file is written to the data volume of hetzner-a's machine."""
    fleet = shrunk.fleet
    (machine,) = fleet.lock.get_machines("hetzner-a")
    fleet.ask(machine, f"echo '{MARK}' > $(ls -d /run/rehearsal-volumes/{find_volume(fleet, machine)})/mark")
    return Stage(fleet, fleet.rehearse("down", "--yes"))


@pytest.fixture(scope="module")
def up_again(down: Stage) -> Stage:
    """The same fleet brought up on the data that `down` left."""
    return Stage(down.fleet, down.fleet.rehearse("up"))


@pytest.fixture(scope="module")
def deleted(up_again: Stage) -> Stage:
    """Everything removed, by the fleet's name."""
    return Stage(up_again.fleet, up_again.fleet.rehearse("down", "--delete-data", "--confirm", "small"))


def find_volume(fleet: RehearsedFleet, machine: Machine) -> str:
    """The id of a machine's data volume."""
    return str(fleet.list_resources(machine.account)[f"{machine.hostname}-volume"]["id"])


def test_lost_account_and_claimed_host_fail_alone(hindered: Stage) -> None:
    new, failures = list_new(hindered.fleet), hindered.answer["failures"]
    assert hindered.done.code == 3
    assert "account hetzner-b is lost in this rehearsal" in failures["hetzner-b"]
    assert "hetzner-a" not in failures
    assert new["hetzner-a"].machine not in failures
    assert new["hetzner-a"].machine not in hindered.answer["behind"]
    assert {new["hetzner-b"].machine, new["metal"].machine} <= set(hindered.answer["behind"])


def test_host_of_another_fleet_is_refused_with_a_sentence(hindered: Stage) -> None:
    said = hindered.answer["failures"]["metal"]
    assert "is claimed by fleet stranger, machine eth-7.1: release it there, or take it out of the hosts file" in said
    assert "Traceback" not in said
    host = list_new(hindered.fleet)["metal"].host
    assert host is not None
    untouched = "test ! -e /etc/orchestrator/clients && test ! -e /etc/node && echo untouched"
    assert run_on_host(hindered.fleet, int(host.rpartition("-")[2]), untouched) == "untouched"


def test_same_command_completes_what_was_hindered(grown: Stage) -> None:
    assert grown.done.code == 0, grown.done.out + grown.done.err
    assert grown.answer["machines"]["wanted"] == 6
    assert grown.answer["failures"] == {}
    for machine in grown.fleet.lock.machines:
        assert is_running(grown.fleet, grown.fleet.name_in_world(machine))


def test_nodes_no_longer_asked_for_are_let_go_with_evidence(grown: Stage, shrunk: Stage) -> None:
    assert shrunk.done.code == 0, shrunk.done.out + shrunk.done.err
    kept = {machine.node for machine in shrunk.fleet.lock.machines}
    let_go = {name: why for name, why in shrunk.answer["retired"].items() if name.removesuffix(".1") not in kept}
    assert len(let_go) == 3
    assert let_go == {name: f"the spec no longer asks for {name.removesuffix('.1')}" for name in let_go}
    fleet = shrunk.fleet
    assert len(fleet.lock.machines) == 3
    assert {line.retired for line in fleet.lock.retired} == set(shrunk.answer["retired"])
    for account in ("hetzner-a", "hetzner-b"):
        kinds = [path.parent.name for path in fleet.list_cloud(account)]
        assert (kinds.count("server"), kinds.count("volume"), kinds.count("attachment")) == (1, 1, 1)
    assert len(list((fleet.world_folder / "volumes").iterdir())) == 2


def test_machines_that_became_too_small_are_replaced(shrunk: Stage) -> None:
    fleet = shrunk.fleet
    for account in ("hetzner-a", "hetzner-b"):
        (machine,) = fleet.lock.get_machines(account)
        assert machine.generation == 2
        assert f"{machine.node}.1" in shrunk.answer["retired"]
        assert is_running(fleet, fleet.name_in_world(machine))
        assert not is_running(fleet, f"{fleet.name}-{machine.node}-1")
    (kept,) = fleet.lock.get_machines("metal")
    assert kept.generation == 1  # its host has four


def test_no_change_is_left_after_a_replacement(shrunk: Stage) -> None:
    for account in ("hetzner-a", "hetzner-b"):
        done = shrunk.fleet.pulumi("preview", "--expect-no-changes", "--stack", account)
        assert done.returncode == 0, done.stdout + done.stderr


def test_host_that_was_let_go_is_free_and_runs_nothing(shrunk: Stage) -> None:
    (kept,) = shrunk.fleet.lock.get_machines("metal")
    free = 2 if kept.host == "metal-1" else 1
    assert run_on_host(shrunk.fleet, free, f"test ! -e {CLAIM} && echo free") == "free"
    assert run_on_host(shrunk.fleet, free, "systemctl is-active btcd || true") == "inactive"


def test_down_keeps_the_data_alone(down: Stage) -> None:
    assert down.done.code == 0, down.done.out + down.done.err
    fleet = down.fleet
    for account in ("hetzner-a", "hetzner-b"):
        assert [path.parent.name for path in fleet.list_cloud(account)] == ["volume"]
        volumes = [r for r in fleet.list_resources(account).values() if r["type"] == "hcloud:index/volume:Volume"]
        assert [volume["protect"] for volume in volumes] == [True]
    for number in (1, 2):
        assert run_on_host(fleet, number, f"test ! -e {CLAIM} && echo free") == "free"
    (world,) = fleet.must("rehearse", "list", "--format", "json").read()
    assert sorted(machine["name"] for machine in world["machines"]) == ["metal-metal-1", "metal-metal-2"]


def test_up_after_down_uses_the_same_data(down: Stage, up_again: Stage) -> None:
    assert up_again.done.code == 0, up_again.done.out + up_again.done.err
    fleet = up_again.fleet
    (machine,) = fleet.lock.get_machines("hetzner-a")
    assert fleet.ask(machine, f"cat /run/rehearsal-volumes/{find_volume(fleet, machine)}/mark") == MARK
    assert is_running(fleet, fleet.name_in_world(machine))


def test_data_goes_only_by_the_fleets_name(up_again: Stage) -> None:
    fleet = up_again.fleet
    before = [fleet.list_cloud(account) for account in ("hetzner-a", "hetzner-b")]
    done = fleet.rehearse("down", "--delete-data", "--confirm", "smal")
    assert done.code == 2
    assert "'smal' is not the fleet's name; nothing was deleted" in done.err
    assert [fleet.list_cloud(account) for account in ("hetzner-a", "hetzner-b")] == before


def test_deleting_the_data_leaves_nothing(deleted: Stage) -> None:
    assert deleted.done.code == 0, deleted.done.out + deleted.done.err
    fleet = deleted.fleet
    assert [fleet.list_cloud(account) for account in ("hetzner-a", "hetzner-b")] == [[], []]
    assert list((fleet.world_folder / "volumes").iterdir()) == []
    listed = fleet.pulumi("stack", "ls", "--json")
    assert json.loads(listed.stdout) == []
