"""When a machine may go: with its replacement in sync, or with its node gone from the spec, never else."""

from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock, Machine, MachineState
from orchestrator.model.loss import Loss
from orchestrator.placement.place import compute_plan
from orchestrator.reconcile.changes import compute_change_set
from orchestrator.reconcile.retire import compute_retirement
from orchestrator.reconcile.sync import SyncVerdict
from tests.unit.placement.fleets import make_account, make_flat_catalogue, make_fleet, make_group, make_lock, make_rule

CATALOGUE = make_flat_catalogue({"a": "10", "b": "10", "c": "20", "d": "20"})
LOST_B = (Loss(kind="account", value="b"),)


def fleet_of(count: int) -> Fleet:
    return make_fleet(
        [make_account(name) for name in "abcd"], [make_group(count=count)], [make_rule(20, skew=1, per="account")]
    )


def heal(fleet: Fleet) -> tuple[Lock, Lock]:
    """A lock after a loss, and the one after the healed machines were taken back."""
    first = make_lock(compute_plan(fleet, CATALOGUE, {}))
    lost = make_lock(compute_plan(fleet, CATALOGUE, {}, first, LOST_B))
    return lost, make_lock(compute_plan(fleet, CATALOGUE, {}, lost))


def in_sync(machine: str) -> SyncVerdict:
    return SyncVerdict(machine=machine, in_sync=True, height=5, head_hash="00ab" * 16)


def test_a_machine_goes_when_its_replacement_is_in_sync() -> None:
    _, lock = heal(fleet_of(4))
    done = compute_retirement(fleet_of(4), lock, [in_sync("btc-2.1")])
    assert [line.retired for line in done.newly_retired] == ["btc-2.2"]
    assert done.retired[0].evidence == "replaced by btc-2.1, in sync at height 5, 00ab00ab00ab…"
    assert [machine.machine for machine in done.machines] == ["btc-1.1", "btc-2.1", "btc-3.1", "btc-4.1"]
    assert not done.waiting


def test_a_machine_waits_while_its_replacement_is_not_in_sync() -> None:
    _, lock = heal(fleet_of(4))
    behind = SyncVerdict(machine="btc-2.1", in_sync=False, why="btcd has 3 of 9 blocks")
    for verdicts, why in (([], "not observed"), ([behind], "3 of 9 blocks")):
        done = compute_retirement(fleet_of(4), lock, verdicts)
        assert done.machines == lock.machines
        assert not done.retired
        assert why in done.waiting["btc-2.2"]


def test_lost_and_held_machines_never_go() -> None:
    lost, _ = heal(fleet_of(4))
    verdicts = [in_sync(machine.machine) for machine in lost.machines]
    assert compute_retirement(fleet_of(4), lost, verdicts).machines == lost.machines


def test_nodes_that_the_spec_no_longer_asks_for_go_without_a_replacement() -> None:
    first = make_lock(compute_plan(fleet_of(8), CATALOGUE, {}))
    fewer = make_lock(compute_plan(fleet_of(4), CATALOGUE, {}, first))
    done = compute_retirement(fleet_of(4), fewer, [])
    assert len(done.machines) == 4
    assert {line.evidence for line in done.newly_retired} == {
        f"the spec no longer asks for {line.node}" for line in done.newly_retired
    }


def test_a_node_is_not_unneeded_while_its_group_is_short() -> None:
    lock = make_lock(compute_plan(fleet_of(4), CATALOGUE, {}))

    def retire(machine: Machine) -> Machine:
        return machine.model_copy(update={"state": MachineState.RETIRING}) if machine.node == "btc-2" else machine

    short = lock.model_copy(update={"machines": tuple(retire(machine) for machine in lock.machines)})
    done = compute_retirement(fleet_of(4), short, [in_sync(machine.machine) for machine in lock.machines])
    assert done.machines == short.machines
    assert "no machine that is wanted" in done.waiting["btc-2.1"]


def test_a_change_set_declares_every_entry_and_allows_only_retired_ones_to_go() -> None:
    lost, healed = heal(fleet_of(4))
    changes = compute_change_set(healed, applied=lost)
    assert changes.get_account("b").declared == ("btc-2.1",)
    assert changes.get_account("b").adopted == ("btc-2.1",)
    assert sum(len(part.declared) for part in changes.accounts) == len(healed.machines)
    done = compute_retirement(fleet_of(4), healed, [in_sync("btc-2.1")])
    after = healed.model_copy(update={"machines": done.machines, "retired": done.retired})
    home = next(machine.account for machine in healed.machines if machine.machine == "btc-2.2")
    assert compute_change_set(after).get_account(home).deletable == {"btc-2-2"}
    assert compute_change_set(after).get_account("nowhere").declared == ()


def test_a_compromised_machine_goes_without_waiting_for_anything() -> None:
    _, lock = heal(fleet_of(4))
    marked = mark(lock, "btc-2.2")
    done = compute_retirement(fleet_of(4), marked, [])
    (line,) = done.newly_retired
    assert (line.retired, line.evidence) == ("btc-2.2", "account=c was declared compromised")
    assert line.compromised == "account=c"
    assert not done.waiting


def test_what_cannot_be_deleted_now_is_kept() -> None:
    _, lock = heal(fleet_of(4))
    account = next(machine.account for machine in lock.machines if machine.machine == "btc-2.2")
    for found in (lock, mark(lock, "btc-2.2")):
        done = compute_retirement(fleet_of(4), found, [in_sync("btc-2.1")], {account: "its API is down"})
        assert (done.machines, done.waiting) == (found.machines, {"btc-2.2": "its API is down"})
    assert compute_retirement(fleet_of(4), lock, [in_sync("btc-2.1")], {"d": "its API is down"}).newly_retired


def test_a_node_is_on_the_move_until_its_wanted_machine_is_in_sync() -> None:
    lost, _ = heal(fleet_of(4))
    moving = lost.model_copy(update={"header": lost.header.model_copy(update={"moving": ("btc-2", "btc-9")})})
    waits = compute_retirement(fleet_of(4), moving, [])
    assert (waits.moving, waits.changes(moving)) == (("btc-2",), True)  # btc-9 is no node any more
    done = compute_retirement(fleet_of(4), moving, [in_sync("btc-2.2")])
    assert (done.moving, done.changes(moving), done.newly_retired) == (None, True, ())
    assert not compute_retirement(fleet_of(4), lost, []).changes(lost)


def mark(lock: Lock, name: str) -> Lock:
    """The lock with one machine compromised."""
    machines = (
        machine.model_copy(update={"compromised": "account=c"}) if machine.machine == name else machine
        for machine in lock.machines
    )
    return lock.model_copy(update={"machines": tuple(machines)})
