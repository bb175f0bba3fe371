"""Starting signers: mark, claim, start, in that order; killed in between, the same command goes on."""

from pathlib import Path

import pytest

from orchestrator.adapters.pulumi import PulumiProject
from orchestrator.adapters.signers import read_claims
from orchestrator.model.client import ClientFacts
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import RemoteFailure
from orchestrator.model.lock import Machine, MachineState, Retired
from orchestrator.model.signer import SignerLook
from orchestrator.model.source import Source
from orchestrator.model.stack import StackResult
from orchestrator.workflows import signers as module
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.inputs import Inputs, Where, read_inputs
from orchestrator.workflows.reach import Reached
from orchestrator.workflows.signers import Fence, Signing, find_deleted, start_signers
from tests.unit.machines import make_machine, make_small_lock
from tests.unit.specs import write_spec

VALIDATOR = ClientFacts(
    name="prysm-validator", chain="c", role="validator", signs=True, version="1", ports={}, source=Source.at("x")
)
MINE = make_machine("eth-1.1", clients={"validator": "prysm-validator"})


class Killed(BaseException):
    """As if the process had been killed here."""


class World:
    """One machine's disk and unit, and what was done to them; `dies_before` names the act that a kill comes before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark: str | None = None
        self.active = False
        self.done: list[str] = []
        self.dies_before = ""

    def look(self, _endpoint: Endpoint, _identity: Path, _client: str) -> SignerLook:
        return SignerLook(active=self.active, mark=self.mark)

    def mark_disk(self, _endpoint: Endpoint, _identity: Path, _client: str, disk: str) -> None:
        self._do("mark")
        self.mark = disk

    def start(self, _endpoint: Endpoint, _identity: Path, _client: str, disk: str) -> None:
        self._do("start")
        if disk != self.mark:
            raise RemoteFailure("not the disk")
        assert [claim.disk for claim in read_claims(self.folder / "fleet.signers.json")] == [disk]
        self.active = True

    def _do(self, act: str) -> None:
        if act == self.dies_before:
            raise Killed
        self.done.append(act)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    found = World(tmp_path)
    for name, fake in (("look_at_signer", found.look), ("mark_disk", found.mark_disk), ("start_signer", found.start)):
        monkeypatch.setattr(module, name, fake)
    return found


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    read = read_inputs(Where(write_spec(tmp_path)))
    return Inputs(read.where, read.fleet, read.catalogue, {"prysm-validator": VALIDATOR}, None)


def run(inputs: Inputs, machine: Machine = MINE, *others: Machine, retired: tuple[Retired, ...] = ()) -> Signing:
    folder = inputs.where.spec.parent
    deployment = Deployment(PulumiProject(folder), folder / "key", folder / "fleet.hostkeys.json", folder)
    lock = make_small_lock([machine, *others]).model_copy(update={"retired": retired})
    endpoint = Endpoint(machine=machine.machine, address="192.0.2.1", user="root")
    return start_signers(
        Fence(deployment, inputs, lock, frozenset()), [Reached(machine, endpoint, None)], lambda _: None
    )


def test_a_first_start_marks_claims_and_starts(inputs: Inputs, world: World) -> None:
    assert run(inputs) == Signing({}, {})
    assert world.done == ["mark", "start"]
    assert world.active


def test_what_runs_is_left_alone(inputs: Inputs, world: World) -> None:
    run(inputs)
    run(inputs)
    assert world.done == ["mark", "start"]


def test_after_a_reboot_it_is_started_on_the_same_disk(inputs: Inputs, world: World) -> None:
    run(inputs)
    world.active = False
    assert run(inputs) == Signing({}, {})
    assert world.done == ["mark", "start", "start"]


@pytest.mark.parametrize("act", ["mark", "start"])
def test_killed_before_an_act_the_same_command_goes_on(inputs: Inputs, world: World, act: str) -> None:
    world.dies_before = act
    with pytest.raises(Killed):
        run(inputs)
    assert not world.active
    world.dies_before = ""
    assert run(inputs) == Signing({}, {})
    assert world.active
    assert world.done == ["mark", "start"]


def test_on_a_disk_that_was_made_anew_nothing_is_started(inputs: Inputs, world: World) -> None:
    run(inputs)
    world.mark, world.active, world.done = None, False, []
    assert "another disk" in run(inputs).withheld["eth-1.1"]
    assert world.done == []


def test_beside_another_incarnation_nothing_is_started(inputs: Inputs, world: World) -> None:
    lost = make_machine("eth-1.2", state=MachineState.LOST)
    assert "may still sign" in run(inputs, MINE, lost).withheld["eth-1.1"]
    assert world.done == []


def test_on_a_machine_on_its_way_out_nothing_is_started_and_nothing_withheld(inputs: Inputs, world: World) -> None:
    leaving = MINE.model_copy(update={"state": MachineState.RETIRING})
    assert run(inputs, leaving) == Signing({}, {})
    assert world.done == []


def test_a_deletion_is_confirmed_by_a_sound_stack_that_has_the_machine_no_more(inputs: Inputs) -> None:
    gone = Retired(retired="eth-1.1", node="eth-1", account="alpha", evidence="x")
    lock = make_small_lock([]).model_copy(update={"retired": (gone,)})
    assert find_deleted(inputs, lock, {"alpha": StackResult(account="alpha")}) == {"eth-1.1"}
    assert find_deleted(inputs, lock, {"alpha": StackResult(account="alpha", error="down")}) == frozenset()
    there = StackResult(account="alpha", outputs={"machines": {"eth-1.1": {}}})
    assert find_deleted(inputs, lock, {"alpha": there}) == frozenset()
    assert find_deleted(inputs, lock, {}) == frozenset()
