"""What groups cost together, and what is said of a budget that is overrun or holds what has no price."""

from orchestrator.model.missing import MissingFact
from orchestrator.policy.budget import NOTHING, Spending, evaluate_costs, render_cents
from tests.unit.placement.fleets import make_account, make_fleet, make_group
from tests.unit.policy.policies import compile_for

LARGE = MissingFact("usd_per_month", "l in p r1")
VOLUME = MissingFact("usd_per_month_gib", "volume v in p")


def test_costs_add_up_and_the_oldest_date_is_theirs() -> None:
    one = Spending(1000, 1, frozenset({LARGE}), "2026-02-01")
    other = Spending(550, 2, frozenset({VOLUME}), "2026-01-01")
    both = Spending(1550, 3, frozenset({LARGE, VOLUME}), "2026-01-01")
    assert one.add(other) == other.add(one) == both
    assert NOTHING.add(one) == one.add(NOTHING) == one
    assert NOTHING.add(NOTHING) == NOTHING == Spending(0, 0, frozenset(), "")
    assert render_cents(1550) == "15.50 USD/month"


def test_a_budget_of_which_all_groups_are_gone_is_kept() -> None:
    fleet = make_fleet([make_account("a")], [make_group("g", 4)])
    assert evaluate_costs({}, compile_for(fleet, budget="1 USD/month").cost_limits) == ()


def test_what_has_no_price_is_named_with_where_to_fill_it_in() -> None:
    fleet = make_fleet([make_account("a")], [make_group("g", 4), make_group("h", 4)])
    limits = compile_for(fleet, budget="25 USD/month", of="fleet").cost_limits
    spent = {"g": Spending(1000, 1, frozenset({LARGE})), "h": Spending(500, 2, frozenset({VOLUME}))}
    [finding] = evaluate_costs(spent, limits)
    assert (finding.value, finding.bound) == ("3 machines", "a known price")
    assert finding.message.startswith(
        "fleet: 3 machines have no known price (usd_per_month of l in p r1, usd_per_month_gib of volume v in p) "
        "and are left out of budget 25 USD/month; add usd_per_month and usd_per_month_gib to "
    )
    [plain] = evaluate_costs({"g": Spending(1000, 1)}, limits)
    assert plain.message.startswith(
        "fleet: 1 machines have no known price and are left out of budget 25 USD/month; add prices to the catalogue"
    )
