"""Whether a fleet fits at all under some of its rules: the question that an explanation asks over and over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.model.rule import Rule
from orchestrator.placement.candidates import Situation
from orchestrator.placement.encode import Strictness, encode
from orchestrator.placement.solve import Solver
from orchestrator.policy.compile import compile_policy


@dataclass(frozen=True, slots=True)
class Capacity:
    """Stands in a conflict for what can be had: free machines of sites and types, enrolled hosts not yet taken."""


CAPACITY = Capacity()
Culprit = Rule | Capacity


def is_feasible(situation: Situation, culprits: Sequence[Culprit]) -> bool:
    """Whether every node can be placed under these rules and, if it is among them, the capacity.

    Rules bear with nodes that must not move: no change of a rule would move them.
    """
    rules = [culprit for culprit in culprits if not isinstance(culprit, Capacity)]
    policy = compile_policy(rules, situation.fleet, situation.candidates)
    if not any(isinstance(culprit, Capacity) for culprit in culprits):
        plenty = sum(group.count for group in situation.fleet.groups)
        situation = replace(situation, free=dict.fromkeys(situation.free, plenty))
    encoding = encode(situation.restrict(policy.candidates), policy, Strictness.BEARING)
    return Solver(encoding.program).minimize(()) is not None
