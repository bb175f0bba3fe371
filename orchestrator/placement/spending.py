"""What the machines that carry nodes cost a month, by group: what budgets are held against."""

from collections.abc import Iterable, Mapping

from orchestrator.model.lock import CARRYING_STATES, Machine
from orchestrator.placement.candidates import Situation
from orchestrator.placement.holdings import get_column_key
from orchestrator.policy.budget import Spending


def compute_spending(situation: Situation, machines: Iterable[Machine]) -> Mapping[str, Spending]:
    """Cents a month and machines without a price, of the wanted and held machines of the fleet's groups."""
    groups = {group.name for group in situation.fleet.groups}
    spent: dict[str, Spending] = {}
    for machine in machines:
        if machine.state in CARRYING_STATES and machine.group in groups:
            cents, unpriced = spent.get(machine.group, Spending(0, 0))
            offer = situation.get_column(get_column_key(machine)).offer
            spent[machine.group] = Spending(cents + (offer.cents or 0), unpriced + (offer.cents is None))
    return spent
