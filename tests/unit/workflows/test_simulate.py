"""Recovery from losses, held against placing the fleet under them; and requirements as a gate."""

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from orchestrator.model.declaration import Declaration
from orchestrator.model.domain import Domain
from orchestrator.model.errors import OrchestratorError
from orchestrator.model.loss import Loss
from orchestrator.model.requirement import Requirement
from orchestrator.reconcile.recovery import Recovery
from orchestrator.reconcile.requirements import find_unmet
from orchestrator.workflows.inputs import Inputs, Where, read_inputs
from orchestrator.workflows.place import place, write_placement
from orchestrator.workflows.simulate import Simulation, read_lock_standing, simulate, solve_recoveries
from tests.command_line import run_orchestrator
from tests.unit.specs import SPEC, change, write_spec


def settle(path: Path) -> Inputs:
    inputs = read_inputs(Where(path))
    write_placement(inputs, place(inputs))
    return read_inputs(inputs.where)


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    return settle(write_spec(tmp_path))


def solve(inputs: Inputs, *lost: str, most: int | None = None) -> Simulation:
    named = [Domain.parse(each) for each in lost]
    return solve_recoveries(inputs, simulate(read_lock_standing(inputs), named), most)


def find_recovery(simulation: Simulation, domain: str) -> Recovery:
    [recovery] = [each.recovery for each in simulation.losses if list(map(str, each.domains)) == [domain]]
    assert recovery is not None
    return recovery


def test_recovery_is_what_placing_under_the_loss_takes(inputs: Inputs) -> None:
    before = place(inputs).plan
    assert inputs.lock is not None
    simulation = solve(inputs)
    for account in {machine.account for machine in inputs.lock.machines}:
        after = place(inputs, Declaration(lose=(Loss(kind="account", value=account),))).plan
        recovery = find_recovery(simulation, f"account={account}")
        assert recovery.relocations == after.relocations
        assert recovery.unplaced == len(after.unplaced)
        assert recovery.cost_difference == after.cost.amount - before.cost.amount
        assert recovery.possible == (not after.gives_way)


def test_no_lock_is_written(inputs: Inputs) -> None:
    before = inputs.where.lock_path.read_bytes()
    solve(inputs)
    assert inputs.where.lock_path.read_bytes() == before


def test_without_another_client_a_client_s_loss_is_not_recovered_from(inputs: Inputs) -> None:
    recovery = find_recovery(solve(inputs), "client.node=btcd")
    assert not recovery.possible
    assert "no other client" in recovery.why


def test_only_the_worst_are_solved_for_and_what_is_the_same_loss_with_them(inputs: Inputs) -> None:
    losses = solve(inputs, most=1).losses
    assert losses[0].recovery is not None
    solved = [each.recovery is not None for each in losses]
    assert not all(solved)
    assert solved == [each.closed == losses[0].closed for each in losses]
    assert all(each.recovery is None for each in solve(inputs, most=0).losses)


def test_a_limit_of_moves_in_a_round_is_no_limit_of_recovery(tmp_path: Path) -> None:
    rounds = change(SPEC, "cap: 50%, per: account}", "cap: 100%, per: account}\n  - {max_moves: 1}")
    recovery = find_recovery(solve(settle(write_spec(tmp_path, rounds))), "provider=hetzner")
    assert not recovery.possible
    free = solve(settle(write_spec(tmp_path, rounds)))
    account = next(each for each in free.losses if each.domains[0].kind == "account")
    assert account.recovery is not None
    assert account.recovery.possible
    assert account.recovery.relocations == len(account.nodes)


def test_kinds_can_be_chosen_and_a_kind_that_is_none_is_refused(inputs: Inputs) -> None:
    standing = read_lock_standing(inputs)
    assert {each.domains[0].kind for each in simulate(standing, (), ("account",)).losses} == {"account"}
    with pytest.raises(OrchestratorError, match="no node has a acount"):
        simulate(standing, (), ("acount",))


def test_requirements_hold_at_their_limit_and_not_beyond(inputs: Inputs) -> None:
    [radius] = solve(inputs, "account=alpha").losses
    worst = radius.worst_share
    at, below = (Requirement(name="share", limit=limit, text="t") for limit in (worst, worst - Fraction(1, 1000)))
    assert find_unmet([at], [radius]) == ()
    assert [each.value for each in find_unmet([below], [radius])] == [worst]


def test_what_is_not_known_keeps_to_no_requirement(inputs: Inputs) -> None:
    [radius] = solve(inputs, "account=alpha").losses
    unsolved = replace(radius, recovery=None)
    slow = replace(radius, recovery=Recovery(hours=None))
    for text in ("recoverable", "relocations=99", "hours=99"):
        assert find_unmet([Requirement.parse(text)], [unsolved])
    assert find_unmet([Requirement.parse("hours=99")], [slow])
    assert not find_unmet([Requirement.parse("hours=99")], [replace(radius, recovery=Recovery(hours=Fraction(98)))])


@pytest.mark.parametrize("changes", [{"unplaced": 1}, {"held": 1}, {"why": "nothing fits"}])
def test_a_recovery_that_lacks_something_is_none(changes: dict[str, int]) -> None:
    assert Recovery(relocations=3, cost_difference=Decimal(5)).possible
    assert not Recovery(**changes).possible  # type: ignore[arg-type]


def test_a_requirement_is_a_gate(inputs: Inputs) -> None:
    spec = str(inputs.where.spec)
    assert run_orchestrator("simulate", spec, "--per", "account", "--require", "share=100%").code == 0
    refused = run_orchestrator("simulate", spec, "--per", "account", "--require", "nodes=0", "--format", "json")
    assert refused.code == 1
    unmet = json.loads(refused.out)["unmet"]
    assert {each["requirement"] for each in unmet} == {"nodes=0"}
    assert run_orchestrator("simulate", spec, "--require", "speed=3").code == 2
    assert run_orchestrator("simulate", spec, "--lose", "account=alpha", "--per", "account").code == 2


def test_another_client_is_a_change_in_place(tmp_path: Path) -> None:
    several = change(SPEC, "{node: [btcd]}", "{node: [btcd, bitcoin-core]}")
    inputs = settle(write_spec(tmp_path, several))
    simulation = solve(inputs, "client.node=btcd")
    [radius] = simulation.losses
    assert radius.recovery is not None
    assert radius.recovery.possible
    assert radius.recovery.relocations == 0
    assert radius.recovery.client_changes == len(radius.nodes)
