"""A placement as plain data for solvers of any kind: whole variables, rows, objectives in their order, nodes."""

from collections import Counter
from collections.abc import Sequence
from typing import TypedDict

from orchestrator.model.fleet import Group
from orchestrator.placement.candidates import Situation
from orchestrator.placement.encode import Encoding
from orchestrator.placement.program import merge_terms
from orchestrator.placement.stages import Objective

# Concentration is a preference among equals that no other method here has; comparisons end at the cost.
LAST_STAGE = "cost"


class Row(TypedDict):
    """low <= sum of weights × variables <= high; None is no limit."""

    variables: list[int]
    weights: list[int]
    low: int | None
    high: int | None


class Stage(TypedDict):
    """An objective to minimise; `constant` makes its value one that people read."""

    name: str
    variables: list[int]
    weights: list[int]
    constant: int


class NodeClass(TypedDict):
    """Nodes that may take the same variables: `stay` (None: they cannot), or any of `fresh`."""

    group: str
    number: int
    stay: int | None
    fresh: list[int]


class Problem(TypedDict):
    """A whole placement. Variables that are not `whole` follow from those that are."""

    lows: list[int]
    highs: list[int | None]
    whole: list[bool]
    rows: list[Row]
    stages: list[Stage]
    nodes: list[NodeClass]


def make_problem(situation: Situation, encoding: Encoding, objectives: Sequence[Objective]) -> Problem:
    """The program of an encoding up to its cost; the rows that only later objectives need are left out."""
    stages: list[Stage] = []
    for objective in objectives:
        terms = merge_terms(objective.terms)
        if terms:
            variables, weights = [list(part) for part in zip(*terms, strict=True)]
            stages.append(Stage(name=objective.name, variables=variables, weights=weights, constant=objective.constant))
        if objective.name == LAST_STAGE:
            break
    program = encoding.program
    peaks = {variable for objective in objectives for variable in objective.peaks}
    return Problem(
        lows=program.lows,
        highs=program.highs,
        whole=program.whole,
        rows=[
            Row(variables=[at for at, _ in terms], weights=[weight for _, weight in terms], low=low, high=high)
            for terms, low, high in program.rows
            if not any(at in peaks for at, _ in terms)
        ],
        stages=stages,
        nodes=[found for group in situation.fleet.groups for found in _list_nodes(group, situation, encoding)],
    )


def _list_nodes(group: Group, situation: Situation, encoding: Encoding) -> list[NodeClass]:
    fresh = [encoding.fresh[key] for key in situation.fresh_by_group.get(group.name, ())]
    held = Counter(encoding.classify(holding) for holding in situation.holdings[group.name])
    classes = [
        NodeClass(group=group.name, number=number, stay=encoding.stay.get(node_class), fresh=fresh)
        for node_class, number in sorted(held.items(), key=repr)
    ]
    added = group.count - sum(held.values())
    return [*classes, NodeClass(group=group.name, number=added, stay=None, fresh=fresh)] if added > 0 else classes
