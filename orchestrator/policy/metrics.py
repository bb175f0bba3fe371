"""How concentrated a distribution over domains is: shares, Herfindahl-Hirschman index, Nakamoto coefficient.

All in exact rationals. A weight that is in no known domain counts with the largest, as it counts against every cap:
that is the most concentrated that the unknown can make it.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

# A third of the stake stops finality where two thirds must agree: Lamport, Shostak and Pease, "The Byzantine Generals
# Problem", ACM TOPLAS 4(3), 1982. Where a majority decides, as with proof of work, the threshold is a half.
DEFAULT_THRESHOLD = Fraction(1, 3)

HHI_OF_ONE = 10_000


def compute_shares(weights: Mapping[str, Fraction | int], unknown: Fraction | int = 0) -> tuple[Fraction, ...]:
    """The share of each domain in the whole weight, the largest first; `unknown` weight is with the largest.

    Empty where there is no weight at all. Unknown weight alone is one domain.
    """
    ordered = sorted((Fraction(weight) for weight in weights.values() if weight), reverse=True) or [Fraction(0)]
    ordered[0] += unknown
    whole = sum(ordered)
    return tuple(weight / whole for weight in ordered) if whole else ()


def compute_hhi(shares: Sequence[Fraction]) -> Fraction:
    """The Herfindahl-Hirschman index: the sum of the squared shares, in percent points squared; 10,000 is one domain.

    n equal domains have 10,000 / n. The United States' Merger Guidelines (Department of Justice and Federal Trade
    Commission, 2023, section 2.1) call a market above 1,800 highly concentrated. Source of the index: O. C. Herfindahl,
    "Concentration in the Steel Industry", 1950; A. O. Hirschman, "National Power and the Structure of Foreign Trade",
    1945.
    """
    return HHI_OF_ONE * sum((share * share for share in shares), Fraction(0))


def compute_nakamoto(shares: Sequence[Fraction], threshold: Fraction = DEFAULT_THRESHOLD) -> int | None:
    """The Nakamoto coefficient: the fewest domains whose shares together lie above `threshold`; None where none do.

    Source: B. S. Srinivasan and L. Lee, "Quantifying Decentralization", 2017, who take 51% of six subsystems; above a
    half is their case, above a third that of Byzantine agreement.
    """
    held = Fraction(0)
    for number, share in enumerate(sorted(shares, reverse=True), start=1):
        held += share
        if held > threshold:
            return number
    return None
