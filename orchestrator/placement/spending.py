"""What the machines that carry nodes cost a month, by group: what budgets are held against."""

from collections import Counter
from collections.abc import Iterable, Mapping

from orchestrator.model.lock import CARRYING_STATES, Machine
from orchestrator.placement.candidates import Situation
from orchestrator.placement.columns import ColumnKey, Offer
from orchestrator.placement.holdings import get_column_key
from orchestrator.policy.budget import NOTHING, Spending


def count_carrying(situation: Situation, machines: Iterable[Machine]) -> Mapping[ColumnKey, int]:
    """The wanted and held machines of the fleet's groups, by column."""
    groups = {group.name for group in situation.fleet.groups}
    carrying = (each for each in machines if each.state in CARRYING_STATES and each.group in groups)
    return Counter(map(get_column_key, carrying))


def compute_spending(situation: Situation, counts: Mapping[ColumnKey, int]) -> Mapping[str, Spending]:
    """What so many machines of each column cost a month, by group."""
    spent: dict[str, Spending] = {}
    for key, number in counts.items():
        spending = _price(situation.get_column(key).offer, number)
        spent[key.group] = spent.get(key.group, NOTHING).add(spending)
    return spent


def _price(offer: Offer, number: int) -> Spending:
    if offer.cents is None:
        return Spending(0, number, frozenset(offer.missing_prices))
    return Spending(offer.cents * number, 0, oldest=offer.priced_on)
