"""--nakamoto on the command line: the share above which domains together do harm."""

from fractions import Fraction
from typing import Any

import click

from orchestrator.policy.metrics import DEFAULT_THRESHOLD


class ShareType(click.ParamType[Fraction]):
    """A share of a whole, such as 34%, 1/3 or 0.5, exactly."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """The share, from 0 to 1; a usage error that says what is wrong."""
        text = str(value).strip()
        try:
            share = Fraction(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
        except (ValueError, ZeroDivisionError):
            self.fail(f"{text!r} is no share: write such as 34%, 1/3 or 0.5", param, ctx)
        if not 0 <= share <= 1:
            self.fail(f"a share lies between 0% and 100%, not at {text}", param, ctx)
        return share


SHARE = ShareType()
NAKAMOTO = click.option(
    "--nakamoto",
    "threshold",
    type=SHARE,
    default=str(DEFAULT_THRESHOLD),
    show_default=True,
    metavar="SHARE",
    help="Count the fewest domains that together hold more than this share.",
)
