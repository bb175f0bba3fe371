"""What is done where clouds refuse machines: placed again, remembered, bounded, and said where nothing helps."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from orchestrator.adapters.pulumi import PulumiProject
from orchestrator.adapters.taints import read_taints
from orchestrator.lockfile import read_lock, write_lock
from orchestrator.model.lock import Lock, Machine
from orchestrator.model.stack import StackFailure, StackResult, StackStep
from orchestrator.workflows import settle as module
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.inputs import Inputs, Where, read_inputs
from orchestrator.workflows.place import place
from orchestrator.workflows.settle import MOST_ROUNDS, Settled, settle
from tests.unit.specs import write_spec

NO_ROOM = "error during placement (resource_unavailable, 12ab)"
Refuses = Callable[[Machine], bool]


class Cloud:
    """Clouds that refuse some machines, and keep what they made."""

    def __init__(self, refuses: Refuses, words: str = NO_ROOM) -> None:
        self.refuses = refuses
        self.words = words
        self.runs = 0
        self.made: set[str] = set()

    def provision(
        self, _deployment: Deployment, lock: Lock, stacks: Iterable[str], _tell: object
    ) -> dict[str, StackResult]:
        self.runs += 1
        return {name: self.update(name, lock.get_machines(name)) for name in stacks}

    def update(self, account: str, machines: tuple[Machine, ...]) -> StackResult:
        refused = [each for each in machines if each.machine not in self.made and self.refuses(each)]
        self.made |= {each.machine for each in machines if each not in refused}
        return StackResult(
            account=account,
            steps=tuple(step(each) for each in machines if each not in refused),
            failures=tuple(StackFailure(step=step(each), words=self.words) for each in refused),
            error=self.words if refused else None,
        )


def step(machine: Machine) -> StackStep:
    return StackStep(operation="create", name=machine.hostname, type="hcloud:index/server:Server")


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    """A placed fleet: two nodes in each of two accounts."""
    where = Where(write_spec(tmp_path))
    lock = place(read_inputs(where)).lock
    assert lock is not None
    write_lock(lock, where.lock_path)
    return read_inputs(where)


def run(inputs: Inputs, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Settled:
    monkeypatch.setattr(module, "provision", cloud.provision)
    folder = inputs.where.spec.parent
    deployment = Deployment(PulumiProject(folder), folder / "key", folder / "pins.json", folder / "scratch")
    return settle(deployment, inputs, lambda _progress: None)


def read_nodes(lock: Lock) -> set[str]:
    return {machine.node for machine in lock.machines}


def test_a_cloud_that_refuses_nothing_is_asked_once(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(lambda _machine: False)
    settled = run(inputs, cloud, monkeypatch)
    assert (cloud.runs, settled.lock, settled.refusals, settled.unplaced) == (1, inputs.lock, (), ())


def test_a_refused_type_gives_way_to_another_and_the_lock_says_so(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inputs.lock is not None
    cheapest = inputs.lock.machines[0].machine_type
    cloud = Cloud(lambda machine: machine.account == "alpha" and machine.machine_type == cheapest)
    settled = run(inputs, cloud, monkeypatch)
    assert not settled.unplaced
    assert read_nodes(settled.lock) == read_nodes(inputs.lock)
    assert {machine.machine for machine in settled.lock.machines} <= cloud.made
    assert {line.retired for line in settled.lock.retired} == {each.machine.machine for each in settled.refusals}
    assert not {line.retired for line in settled.lock.retired} & cloud.made
    assert read_lock(inputs.where.lock_path) == settled.lock
    assert inputs.lock.header.revision in settled.lock.header.ancestors
    assert [taint.machine_type for taint in read_taints(inputs.where.spec.parent / "scratch", 0.0)] == [cheapest]


def test_where_nothing_helps_the_nodes_are_named_and_the_next_run_asks_nobody_in_vain(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = Cloud(lambda machine: machine.account == "alpha", "server limit reached (resource_limit_exceeded)")
    settled = run(inputs, limit, monkeypatch)
    assert len(settled.unplaced) == 2  # half of the fleet is all that the other account may have
    assert all("resource_limit_exceeded" in unplaced.why for unplaced in settled.unplaced)
    assert len(settled.lock.machines) == 2

    later = read_inputs(inputs.where)
    again = run(later, limit, monkeypatch)
    assert again.refusals == ()
    assert again.lock == settled.lock
    assert {unplaced.node for unplaced in again.unplaced} == {unplaced.node for unplaced in settled.unplaced}


def test_nodes_that_were_left_out_are_placed_once_the_taints_are_over(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inputs.lock is not None
    run(inputs, Cloud(lambda machine: machine.account == "alpha", "x (resource_limit_exceeded)"), monkeypatch)
    (inputs.where.spec.parent / "scratch" / "taints.json").unlink()
    settled = run(read_inputs(inputs.where), Cloud(lambda _machine: False), monkeypatch)
    assert not settled.unplaced
    assert read_nodes(settled.lock) == read_nodes(inputs.lock)


def test_a_cloud_that_refuses_everything_ends_the_command(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(lambda _machine: True)
    settled = run(inputs, cloud, monkeypatch)
    assert settled.lock.machines == ()
    assert len(settled.unplaced) == 4
    assert cloud.runs <= MOST_ROUNDS + 2


def test_another_failure_places_nothing_again(inputs: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Cloud(lambda machine: machine.account == "alpha", "server name is already used (uniqueness_error)")
    settled = run(inputs, cloud, monkeypatch)
    assert (cloud.runs, settled.lock) == (1, inputs.lock)
    assert settled.stacks["alpha"].error
