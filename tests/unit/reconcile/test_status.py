"""Whether a fleet is well."""

import pytest

from orchestrator.model.lock import Machine, MachineState
from orchestrator.model.plan import Finding
from orchestrator.model.rule import Level
from orchestrator.model.source import Source
from orchestrator.reconcile.status import Look, Status
from orchestrator.reconcile.sync import SyncVerdict
from tests.unit.machines import make_machine, make_small_lock


def make_finding(level: Level) -> Finding:
    source = Source.at("fleet.yaml", 3)
    return Finding(
        rule="cap", name="n", level=level, subject="btc", value="2", bound="1", message="too many", source=source
    )


def judge(machines: list[Machine], in_sync: set[str], findings: tuple[Finding, ...] = ()) -> Status:
    verdicts = {m.machine: SyncVerdict(machine=m.machine, in_sync=m.machine in in_sync) for m in machines}
    return Status(make_small_lock(machines), Look({}, verdicts), (), (), findings, 0.0)


ONE, TWO = make_machine("btc-1.1"), make_machine("btc-2.1")


def test_a_fleet_in_sync_is_well() -> None:
    status = judge([ONE, TWO], {"btc-1.1", "btc-2.1"})
    assert status.well
    assert status.unwell == ()


@pytest.mark.parametrize(
    ("state", "well"),
    [
        (MachineState.WANTED, False),
        (MachineState.HELD, False),
        (MachineState.RETIRING, True),
        (MachineState.LOST, True),
    ],
)
def test_only_machines_that_should_run_are_missed(state: MachineState, well: bool) -> None:
    status = judge([ONE, TWO.model_copy(update={"state": state})], {"btc-1.1"})
    assert status.well is well
    assert status.unwell == (() if well else ("btc-2.1",))


def test_a_broken_rule_is_not_well_and_a_warning_is() -> None:
    assert not judge([ONE], {"btc-1.1"}, (make_finding("error"),)).well
    assert judge([ONE], {"btc-1.1"}, (make_finding("warning"),)).well
