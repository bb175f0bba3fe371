"""Quantities as people write them ("8 GiB", "34%"), as exact numbers."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator

GIBIBYTES_PER_UNIT = {
    "MiB": Decimal(1) / 1024,
    "GiB": Decimal(1),
    "TiB": Decimal(1024),
    "MB": Decimal(10**6) / 2**30,
    "GB": Decimal(10**9) / 2**30,
    "TB": Decimal(10**12) / 2**30,
}


def parse_gibibytes(value: Any) -> Decimal:
    """A size with its unit ("8 GiB", "1 TiB", "500 GB") in GiB; ValueError for anything else, a bare number too."""
    if isinstance(value, Decimal):
        return value
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*", value) if isinstance(value, str) else None
    if match is None or match[2] not in GIBIBYTES_PER_UNIT:
        raise ValueError(f"{value!r} is not a size: write a number and a unit, such as 8 GiB or 1 TiB")
    size = Decimal(match[1]) * GIBIBYTES_PER_UNIT[match[2]]
    if size <= 0:
        raise ValueError("a size is larger than zero")
    whole = int(size)
    return Decimal(whole) if size == whole else size.normalize()  # "4096 MiB" is written like "4 GiB"


def parse_amount(value: Any) -> Fraction | int:
    """A share of the wanted weight ("34%", as an exact fraction) or an absolute number (an int of 0 or more)."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise ValueError("a number here is 0 or more")
        return value
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*%\s*", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is neither a share such as 34% nor a whole number such as 2")
    share = Fraction(match[1]) / 100
    if not 0 < share <= 1:
        raise ValueError(f"a share lies above 0% and at most at 100%, not at {value}")
    return share


def render_amount(value: Fraction | int) -> str:
    """An amount as a person writes it: "34%", "33.3%" (exact where it ends within six places), "2"."""
    if isinstance(value, int):
        return str(value)
    return f"{float(value * 100):.6f}".rstrip("0").rstrip(".") + "%"


Gibibytes = Annotated[Decimal, BeforeValidator(parse_gibibytes)]
Amount = Annotated[Fraction | int, BeforeValidator(parse_amount)]
