"""Requirements held against losses: which loss does not keep to which."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from orchestrator.model.requirement import RECOVERABLE, Requirement
from orchestrator.reconcile.blast_radius import BlastRadius


@dataclass(frozen=True)
class Unmet:
    """A loss that does not keep to a requirement. `value` None is one that is not known, which keeps to nothing."""

    requirement: Requirement
    radius: BlastRadius
    value: Fraction | None


def find_unmet(requirements: Sequence[Requirement], radii: Sequence[BlastRadius]) -> tuple[Unmet, ...]:
    """Every loss that breaks a requirement, in the order of the requirements."""
    return tuple(unmet for requirement in requirements for unmet in _find(requirement, radii))


def _find(requirement: Requirement, radii: Sequence[BlastRadius]) -> Iterator[Unmet]:
    for radius in radii:
        if requirement.name == RECOVERABLE:
            if radius.recovery is None or not radius.recovery.possible:
                yield Unmet(requirement, radius, None)
            continue
        value = measure(requirement, radius)
        if value is None or requirement.limit is None or value > requirement.limit:
            yield Unmet(requirement, radius, value)


def measure(requirement: Requirement, radius: BlastRadius) -> Fraction | None:
    """What a loss has of what is required; None where it is not known. Shares are the largest of any chain or group.

    A chain or group of several is a part of the fleet: that the fleet loses less is no comfort to it.
    """
    recovery = radius.recovery
    match requirement.name:
        case "share":
            return radius.worst_share
        case "stake":
            return max(
                (toll.share if toll.stake_share is None else toll.stake_share for toll in radius.tolls),
                default=Fraction(0),
            )
        case "nodes":
            return Fraction(len(radius.nodes))
        case "broken":
            return Fraction(sum(finding.level == "error" for finding in radius.broken))
        case "relocations":
            return None if recovery is None or recovery.why else Fraction(recovery.relocations)
        case _:
            return None if recovery is None else recovery.hours
