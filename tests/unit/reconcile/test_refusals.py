"""Refusals told from the providers' own words, as they were seen in the field, and what a lock makes of them."""

import pytest

from orchestrator.model.lock import Lock, LockHeader, Machine, MachineState
from orchestrator.model.site import Site, Zone
from orchestrator.model.stack import StackFailure, StackResult, StackStep
from orchestrator.model.taint import Taint
from orchestrator.reconcile.refusals import (
    TAINT_SECONDS,
    Reach,
    Refusal,
    compute_refused_entries,
    find_code,
    find_refusals,
)

AWS_NO_CAPACITY = (
    "sdk-v2/provider2.go:572: sdk.helper_schema: creating EC2 Instance: operation error EC2: RunInstances, https "
    "response error StatusCode: 500, RequestID: 0e6, api error InsufficientInstanceCapacity: We currently do not have "
    "sufficient m7i.large capacity in the Availability Zone you requested (us-east-1a)."
)
GCP_NO_CAPACITY = (
    "Error waiting for instance to create: The zone 'projects/p/zones/us-central1-b' does not have enough resources "
    "available to fulfill the request.  Try a different zone, or try again later."
)


@pytest.mark.parametrize(
    ("provider", "words", "code", "reach"),
    [
        ("aws", AWS_NO_CAPACITY, "InsufficientInstanceCapacity", Reach.MACHINE_TYPE),
        (
            "aws",
            "api error VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 32",
            "VcpuLimitExceeded",
            Reach.REGION,
        ),
        (
            "aws",
            "api error Unsupported: Your requested instance type (m7i.large) is not supported in your requested "
            "Availability Zone (us-east-1e).",
            "Unsupported",
            Reach.MACHINE_TYPE,
        ),
        ("gcp", GCP_NO_CAPACITY, "ZONE_RESOURCE_POOL_EXHAUSTED", Reach.MACHINE_TYPE),
        (
            "gcp",
            "code: ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS message: The zone",
            "ZONE_RESOURCE_POOL_EXHAUSTED",
            Reach.MACHINE_TYPE,
        ),
        (
            "gcp",
            "Error waiting for instance to create: Quota 'N2_CPUS' exceeded.  Limit: 24.0 in region us-central1.",
            "QUOTA_EXCEEDED",
            Reach.REGION,
        ),
        ("gcp", "Quota 'CPUS_ALL_REGIONS' exceeded.  Limit: 32.0 globally.", "CPUS_ALL_REGIONS", Reach.ACCOUNT),
        ("hetzner", "error during placement (resource_unavailable)", "resource_unavailable", Reach.MACHINE_TYPE),
        (
            "hetzner",
            "error during placement (resource_unavailable, de76d43fd51bd20)",
            "resource_unavailable",
            Reach.MACHINE_TYPE,
        ),
        ("hetzner", "server limit reached (resource_limit_exceeded, 1d)", "resource_limit_exceeded", Reach.ACCOUNT),
    ],
)
def test_capacity_and_quota_codes_are_found(provider: str, words: str, code: str, reach: Reach) -> None:
    found = find_code(provider, words)
    assert found is not None
    assert (found.name, found.reach) == (code, reach)


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        ("aws", "api error UnauthorizedOperation: You are not authorized to perform this operation"),
        ("aws", "UnsupportedOperation: the volume's type does not support it"),
        ("hetzner", "resource_unavailable is what some clouds say"),
        ("hetzner", "server name is already used (uniqueness_error)"),
        ("gcp", "googleapi: Error 403: Required 'compute.instances.create' permission"),
        ("gcp", AWS_NO_CAPACITY),
        ("ssh", "error during placement (resource_unavailable)"),
        ("aws", ""),
    ],
)
def test_other_failures_are_no_refusals(provider: str, words: str) -> None:
    assert find_code(provider, words) is None


def make_machine(machine: str, state: MachineState = MachineState.WANTED, account: str = "hz") -> Machine:
    return Machine(
        machine=machine,
        node=machine.rpartition(".")[0],
        group="btc",
        chain="bitcoin",
        network="regtest",
        account=account,
        provider="hetzner",
        region="fsn1",
        zone="fsn1",
        machine_type="cx22",
        arch="x86_64",
        clients={"node": "btcd"},
        state=state,
    )


def let_go(machine: str) -> Machine:
    """A machine of which the cloud refused a part."""
    return make_machine(machine, MachineState.RETIRING).model_copy(update={"refused": "resource_unavailable"})


def make_lock(*machines: Machine) -> Lock:
    header = LockHeader(fleet="f", revision="r", spec="s", facts="f")
    return Lock(header=header, machines=machines)


def step(name: str) -> StackStep:
    return StackStep(operation="create", name=name, type="t")


def refused(*names: str, made: tuple[str, ...] = ()) -> StackResult:
    words = "error during placement (resource_unavailable, 12ab)"
    failures = tuple(StackFailure(step=step(name), words=words) for name in names)
    return StackResult(account="hz", failures=failures, steps=tuple(map(step, made)), error=words)


def test_a_failed_resource_is_its_machine_s_and_no_other_s() -> None:
    lock = make_lock(make_machine("btc-1.1"), make_machine("btc-1.2"), make_machine("btc-1.21"))
    result = refused("btc-1-2", "btc-1-21-volume", made=("btc-1-1", "btc-1-21", "btc-1-1-volume"))
    found = find_refusals([result], lock)
    assert [(each.machine.machine, each.parts, each.exists) for each in found] == [
        ("btc-1.2", (), False),
        ("btc-1.21", ("btc-1-21",), True),
    ]


def test_another_failure_of_a_machine_refuses_nothing() -> None:
    failure = StackFailure(step=step("btc-1-1"), words="server name is already used (uniqueness_error)")
    assert (
        find_refusals([StackResult(account="hz", failures=(failure,), error="x")], make_lock(make_machine("btc-1.1")))
        == ()
    )


def test_a_taint_reaches_as_far_as_the_refusal_and_no_longer_than_its_time() -> None:
    refusal = Refusal(machine=make_machine("btc-1.1"), code="resource_unavailable", reach=Reach.MACHINE_TYPE, words="")
    taint = refusal.build_taint(100.0)
    assert taint.until == 100.0 + TAINT_SECONDS
    here = Site(account="hz", operator="hetzner", zone=Zone(provider="hetzner", region="fsn1", zone="fsn1"))
    there = here.model_copy(update={"account": "hz-b"})
    assert taint.machine_type == "cx22"
    assert taint.is_at(here)
    assert not taint.is_at(there)
    everywhere = refusal.model_copy(update={"reach": Reach.ACCOUNT}).build_taint(0.0)
    assert everywhere == Taint(account="hz", code="resource_unavailable", until=TAINT_SECONDS)
    assert everywhere.is_at(here)


def test_a_machine_that_was_never_made_is_retired_with_the_cloud_s_refusal_as_evidence() -> None:
    lock = make_lock(make_machine("btc-1.1"), make_machine("btc-2.1"))
    machines, retired = compute_refused_entries(lock, find_refusals([refused("btc-2-1")], lock))
    assert [each.machine for each in machines] == ["btc-1.1"]
    assert [(line.retired, line.refused) for line in retired] == [("btc-2.1", "resource_unavailable")]


def test_what_a_refused_machine_was_to_replace_carries_the_node_again() -> None:
    lock = make_lock(make_machine("btc-1.1", MachineState.RETIRING), make_machine("btc-1.2"))
    machines, _ = compute_refused_entries(lock, find_refusals([refused("btc-1-2")], lock))
    assert machines == (make_machine("btc-1.1"),)


def test_a_lost_machine_stays_lost_when_its_replacement_is_refused() -> None:
    lost = make_machine("btc-1.1", MachineState.LOST)
    lock = make_lock(lost, make_machine("btc-1.2"))
    machines, _ = compute_refused_entries(lock, find_refusals([refused("btc-1-2")], lock))
    assert machines == (lost,)


def test_a_machine_of_which_a_part_was_made_is_let_go_first_and_retired_when_refused_again() -> None:
    lock = make_lock(make_machine("btc-1.1"))
    result = refused("btc-1-1", made=("btc-1-1-volume",))
    machines, retired = compute_refused_entries(lock, find_refusals([result], lock))
    assert machines == (let_go("btc-1.1"),)
    assert retired == ()
    again = make_lock(*machines)
    machines, retired = compute_refused_entries(again, find_refusals([result], again))
    assert machines == ()
    assert [line.retired for line in retired] == ["btc-1.1"]


def test_a_machine_that_exists_without_its_volume_is_never_retired_on_a_refusal() -> None:
    lock = make_lock(let_go("btc-1.1"))
    machines, retired = compute_refused_entries(
        lock, find_refusals([refused("btc-1-1-volume", made=("btc-1-1",))], lock)
    )
    assert machines == lock.machines
    assert retired == ()
