"""What a node weighs in a rule, as whole numbers: nodes, stake or vCPUs, scaled so that nothing is rounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor, lcm

from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.fleet import Group
from orchestrator.model.quantity import render_amount
from orchestrator.model.rule import Weight
from orchestrator.policy.subject import Members

# The solver's numbers hold whole numbers below 2^53 exactly; a limit above all weight is as good as none.
MOST_WEIGHT = 10**15


@dataclass(frozen=True, slots=True)
class Weights:
    """Whole weight of a node by group, the wanted weight of all, and the scale: `scale` to one node, coin or vCPU.

    Standby nodes weigh what their group's do, and are no part of what is wanted.
    """

    per_node: Mapping[str, int]
    wanted: int
    scale: int

    def get_limit(self, amount: Fraction | int) -> Fraction:
        """A share of the wanted weight, or an absolute amount, on this scale."""
        return amount * self.wanted if isinstance(amount, Fraction) else Fraction(min(amount * self.scale, MOST_WEIGHT))


def compute_weights(members: Members, by: Weight) -> Weights:
    """The weights of a subject's groups. Shares are of the wanted weight, never of what is alive.

    InvalidDocument where they are too fine and too large to be added up exactly.
    """
    exact = {group.name: _get_weight(group, by) for group in (*members.groups, *members.standby)}
    scale = lcm(*(weight.denominator for weight in exact.values()))
    per_node = {name: int(weight * scale) for name, weight in exact.items()}
    wanted = sum(per_node[group.name] * group.count for group in members.groups)
    if wanted > MOST_WEIGHT:
        first = members.groups[0]
        message = f"the {by} of {members.name} cannot be counted exactly: it takes more than 15 digits"
        raise InvalidDocument([OrchestratorError(message, hint="write them in fewer digits", source=first.source)])
    return Weights(per_node, wanted, scale)


def _get_weight(group: Group, by: Weight) -> Fraction:
    if by == "stake":
        return Fraction(group.stake)
    return Fraction(group.machine.vcpus if by == "vcpus" else 1)


def render_limit(limit: int, weights: Weights, amount: Fraction | int, by: Weight) -> str:
    """Such as "at most 4 of 12 nodes (34%)"."""
    return f"at most {_render_part(limit, weights, amount, by)}"


def render_least(limit: int, weights: Weights, amount: Fraction | int, by: Weight) -> str:
    """Such as "at least 6 of 12 nodes (50%)"."""
    return f"at least {_render_part(limit, weights, amount, by)}"


def _render_part(limit: int, weights: Weights, amount: Fraction | int, by: Weight) -> str:
    share = f" ({render_amount(amount)})" if isinstance(amount, Fraction) else ""
    part = render_weight(limit, weights.scale)
    return f"{part} of {render_weight(weights.wanted, weights.scale)} {by}{share}"


def render_weight(value: int, scale: int) -> str:
    """A scaled weight as people read it, without trailing zeros."""
    return f"{float(Fraction(value, scale)):.6f}".rstrip("0").rstrip(".")


def compute_share_for_one(weights: Weights) -> Fraction:
    """The smallest tenth of a percent that one node of the lightest group fits into."""
    return Fraction(-floor(Fraction(-1000 * min(weights.per_node.values()), weights.wanted)), 1000)
