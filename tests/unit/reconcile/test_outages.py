"""When silence is an outage, and of what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.lock import Machine, MachineState
from orchestrator.reconcile.outages import find_outages, get_domain
from tests.unit.machines import make_machine

A = [make_machine(f"btc-{n}.1", "a") for n in (1, 2)]
B = [make_machine(f"btc-{n}.1", "b", region="hel1", zone="hel1-dc2") for n in (3, 4)]
M = [
    make_machine(f"btc-{n}.1", "m", provider="ssh", region="ams", zone=f"cage-{zone}")
    for n, zone in ((5, 1), (6, 1), (7, 2))
]
ALL = [*A, *B, *M]


def find(silent: list[Machine], machines: list[Machine] | None = None) -> list[tuple[str, int]]:
    found = find_outages(ALL if machines is None else machines, [machine.machine for machine in silent])
    return [(str(outage.loss), outage.machines) for outage in found]


@pytest.mark.parametrize(
    ("silent", "outages"),
    [
        ([], []),
        (A[:1], []),
        (A, [("account=a", 2)]),
        ([*A, *B], [("provider=hetzner", 4)]),
        (M, [("provider=ssh", 3)]),
        (M[:2], [("site=m/ams/cage-1", 2)]),
        (M[2:], []),
        ([*A, *M[:2]], [("account=a", 2), ("site=m/ams/cage-1", 2)]),
        (ALL, [("provider=hetzner", 4), ("provider=ssh", 3)]),
        ([*A[:1], *B[:1]], []),
    ],
)
def test_the_widest_silent_domain_is_named(silent: list[Machine], outages: list[tuple[str, int]]) -> None:
    assert find(silent) == outages


def test_a_region_is_named_where_it_is_silent_over_accounts() -> None:
    machines = [make_machine(f"btc-{n}.1", "ab"[n % 2], region=("x", "y")[n // 2]) for n in range(4)]
    assert find(machines[:2], machines) == [("region=hetzner/x", 2)]


def test_lost_and_held_machines_are_not_expected_to_answer() -> None:
    for state in (MachineState.LOST, MachineState.HELD):
        machines = [machine.model_copy(update={"state": state}) for machine in A]
        assert find(machines, [*machines, *B]) == []
    retiring = [machine.model_copy(update={"state": MachineState.RETIRING}) for machine in A]
    assert find(retiring, [*retiring, *B]) == [("account=a", 2)]


@given(st.sets(st.sampled_from([machine.machine for machine in ALL])))
def test_no_outage_has_a_machine_that_answers(silent: set[str]) -> None:
    for outage in find_outages(ALL, silent):
        members = {machine.machine for machine in ALL if get_domain(machine, outage.loss.kind) == outage.loss.value}
        assert members <= silent
        assert len(members) == outage.machines >= 2
