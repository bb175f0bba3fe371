"""Shares of a whole, as numbers and as people read them."""

from fractions import Fraction


def describe_share(part: int, whole: int) -> float:
    """A share as a number from 0 to 1, to four places."""
    return round(part / whole, 4)


def render_share(share: Fraction) -> str:
    """A share as people read it, in whole percent, and never 0 % or 100 % of what is not."""
    percent = round(share * 100)
    return f"{min(max(percent, 1), 99) if 0 < share < 1 else percent} %"
