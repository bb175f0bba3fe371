"""Quantities as people write them ("8 GiB", "34%"), as exact numbers."""

import re
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

# No machine has as much (an exbibyte), and every sum of as much is exact; larger numbers are slips of the hand.
MOST_GIBIBYTES = 2**30
MOST_IOPS = 10**8
MOST_USD = 10**9  # a month
MOST_AMOUNT = 10**15  # in nodes, vCPUs or a chain's coin

GIBIBYTES_PER_UNIT = {
    "MiB": Decimal(1) / 1024,
    "GiB": Decimal(1),
    "TiB": Decimal(1024),
    "MB": Decimal(10**6) / 2**30,
    "GB": Decimal(10**9) / 2**30,
    "TB": Decimal(10**12) / 2**30,
}


# As people write them: with few enough digits that nothing is slow or rounded.
NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,15})?"

# Of a time that people write: the unit's letter, and the name that timedelta has for it.
DURATION_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def shorten(value: Any) -> str:
    """A value as an error shows it."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def parse_gibibytes(value: Any) -> Decimal:
    """A size with its unit ("8 GiB", "1 TiB", "500 GB") in GiB; ValueError for anything else, a bare number too."""
    if isinstance(value, Decimal):
        return value
    match = re.fullmatch(rf"\s*({NUMBER})\s*([A-Za-z]+)\s*", value) if isinstance(value, str) else None
    if match is None or match[2] not in GIBIBYTES_PER_UNIT:
        raise ValueError(f"{shorten(value)} is not a size: write a number and a unit, such as 8 GiB or 1 TiB")
    size = Decimal(match[1]) * GIBIBYTES_PER_UNIT[match[2]]
    if size <= 0:
        raise ValueError("a size is larger than zero")
    if size > MOST_GIBIBYTES:
        raise ValueError(f"{shorten(value)} is more than any machine has")
    whole = int(size)
    return Decimal(whole) if size == whole else size.normalize()  # "4096 MiB" is written like "4 GiB"


def parse_amount(value: Any) -> Fraction | int:
    """A share of the wanted weight ("34%", as an exact fraction) or an absolute number (an int of 0 or more)."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise ValueError("a number here is 0 or more")
        if value > MOST_AMOUNT:
            raise ValueError(f"a number here is at most {MOST_AMOUNT}")
        return value
    match = re.fullmatch(rf"\s*({NUMBER})\s*%\s*", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{shorten(value)} is neither a share such as 34% nor a whole number such as 2")
    share = Fraction(match[1]) / 100
    if not 0 < share <= 1:
        raise ValueError(f"a share lies above 0% and at most at 100%, not at {value}")
    return share


def parse_usd_a_month(value: Any) -> Decimal:
    """A price a month with its unit ("25000 USD/month") in US dollars; ValueError for anything else."""
    if isinstance(value, Decimal):
        return value
    match = re.fullmatch(rf"\s*({NUMBER})\s*USD\s*/\s*month\s*", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{shorten(value)} is no budget: write a number and its unit, such as 25000 USD/month")
    amount = Decimal(match[1])
    if amount > MOST_USD:
        raise ValueError(f"{shorten(value)} is more than anybody pays a month")
    return amount


def parse_duration(value: Any) -> timedelta:
    """A time with its unit ("72h", "3d", "30m"); ValueError for anything else, a bare number too."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"\s*([1-9][0-9]{0,5})\s*([mhd])\s*", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{shorten(value)} is no time: write a whole number and m, h or d, such as 72h")
    return timedelta(**{DURATION_UNITS[match[2]]: int(match[1])})


def render_duration(value: timedelta) -> str:
    """A time as a person writes it: "72h", "30m"."""
    minutes = int(value.total_seconds()) // 60
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


def render_amount(value: Fraction | int) -> str:
    """An amount as a person writes it: "34%", "33.3%" (exact where it ends within six places), "2"."""
    if isinstance(value, int):
        return str(value)
    return f"{float(value * 100):.6f}".rstrip("0").rstrip(".") + "%"


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
UsdAMonth = Annotated[Decimal, BeforeValidator(parse_usd_a_month)]
Usd = Annotated[Decimal, Field(ge=0, le=MOST_USD, decimal_places=20)]
# Of a chain's coin, whose smallest unit is at most 18 decimal places away (Ethereum's wei).
Stake = Annotated[Decimal, Field(gt=0, le=MOST_AMOUNT, decimal_places=18)]
Gibibytes = Annotated[Decimal, BeforeValidator(parse_gibibytes)]
Amount = Annotated[Fraction | int, BeforeValidator(parse_amount)]
