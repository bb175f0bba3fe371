"""Which accounts a stack declares."""

from orchestrator.model.fleet import Fleet
from tests.unit.machines import make_machine, make_small_lock
from tests.unit.placement.fleets import make_account, make_fleet, make_group
from tests.unit.stacks.registration import stacks_on_path

with stacks_on_path():
    from declaration import Plan, list_accounts

TWO = make_fleet([make_account("alpha", "hetzner"), make_account("beta", "hetzner")], [make_group(count=2)])
MACHINES = [make_machine("btc-1.1"), make_machine("btc-2.1", "beta")]


def list_names(fleet: Fleet, stack: str, plan: Plan) -> list[str]:
    return [account.name for account in list_accounts(Plan(fleet, plan.lock, plan.clients), stack)]


def test_a_stack_is_an_account_or_all_of_them() -> None:
    plan = Plan(TWO, make_small_lock(MACHINES), {})
    assert list_names(TWO, "alpha", plan) == ["alpha"]
    assert list_names(TWO.model_copy(update={"layout": "fleet"}), "fleet", plan) == ["alpha", "beta"]


def test_an_account_that_was_given_up_declares_nothing_and_one_with_machines_left_all() -> None:
    together = TWO.model_copy(update={"layout": "fleet"})
    gone = Plan(TWO, make_small_lock(MACHINES[1:], terminated=("alpha",)), {})
    assert (list_names(TWO, "alpha", gone), list_names(together, "fleet", gone)) == ([], ["beta"])
    held = Plan(TWO, make_small_lock(MACHINES, terminated=("alpha",)), {})
    assert list_names(TWO, "alpha", held) == ["alpha"]
