"""The rule `max_moves`: at most so many of the subject's nodes relocate in one round."""

from dataclasses import dataclass

from orchestrator.model.rule import MaxMoves
from orchestrator.policy.subject import Members


@dataclass(frozen=True, slots=True)
class MoveLimit:
    """The most relocations of one round, of the groups together. It never makes a placement infeasible."""

    rule: MaxMoves
    subject: Members
    most: int


def compute_move_limit(rule: MaxMoves, members: Members) -> MoveLimit:
    """The limit as a round reads it."""
    return MoveLimit(rule, members, rule.max_moves)
