"""Quantities: exact, with a unit, and written back as they were read."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.quantity import parse_amount, parse_duration, parse_gibibytes, render_amount, render_duration


@pytest.mark.parametrize(
    ("text", "gibibytes"),
    [
        ("8 GiB", Decimal(8)),
        ("8GiB", Decimal(8)),
        (" 1.5  TiB ", Decimal(1536)),
        ("512 MiB", Decimal("0.5")),
        ("1 MiB", Decimal("0.0009765625")),
        ("1073741824 MB", Decimal(1_000_000)),
        ("1.073741824 GB", Decimal(1)),
        (Decimal("2.5"), Decimal("2.5")),
    ],
)
def test_sizes(text: Any, gibibytes: Decimal) -> None:
    assert parse_gibibytes(text) == gibibytes


@pytest.mark.parametrize(("one", "other"), [("4096 MiB", "4 GiB"), ("1 TiB", "1024 GiB"), ("1.50 GiB", "1.5 GiB")])
def test_equal_sizes_are_written_equally(one: str, other: str) -> None:
    assert str(parse_gibibytes(one)) == str(parse_gibibytes(other))


@pytest.mark.parametrize(
    "text",
    [8, 8.0, "8", "GiB", "8 gib", "8 KiB", "-8 GiB", "0 GiB", "0.0 TB", "8 GiB RAM", "8,5 GiB", "٨ GiB", None, True],
)
def test_what_is_no_size(text: Any) -> None:
    with pytest.raises(ValueError, match="size"):
        parse_gibibytes(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("34%", Fraction(34, 100)),
        ("33.3 %", Fraction(333, 1000)),
        ("0.000001%", Fraction(1, 10**8)),
        ("100%", Fraction(1)),
        (0, 0),
        (7, 7),
        (Fraction(1, 3), Fraction(1, 3)),
    ],
)
def test_amounts(text: Any, amount: Fraction | int) -> None:
    parsed = parse_amount(text)
    assert parsed == amount
    assert type(parsed) is type(amount)


@pytest.mark.parametrize("text", ["0%", "134%", "100.0001%", "-5%", "34", "a%", 0.34, -1, True, None, "3e1%", "٣%"])
def test_what_is_no_amount(text: Any) -> None:
    with pytest.raises(ValueError, match=r"share|number"):
        parse_amount(text)


@given(st.integers(1, 100 * 10**6))
def test_a_share_is_exact_and_reads_back(millionths_of_percent: int) -> None:
    share = Fraction(millionths_of_percent, 100 * 10**6)
    text = render_amount(share)
    assert text.endswith("%")
    assert parse_amount(text) == share


@given(st.integers(0, 10**12))
def test_a_number_reads_back(number: int) -> None:
    assert parse_amount(int(render_amount(number))) == number


@given(st.integers(1, 10**9), st.integers(1, 10**4))
def test_a_cap_rounds_down_exactly(percent_parts: int, weight: int) -> None:
    share = parse_amount(f"{min(percent_parts, 10**9) / 10**7:.7f}%")
    assert isinstance(share, Fraction)
    assert (share * weight).__floor__() == share.numerator * weight // share.denominator


@pytest.mark.parametrize(("text", "hours"), [("72h", 72), ("3d", 72), ("90m", 1.5), (" 1 h ", 1)])
def test_a_time_has_a_unit(text: str, hours: float) -> None:
    assert parse_duration(text) == timedelta(hours=hours)
    assert parse_duration(render_duration(parse_duration(text))) == timedelta(hours=hours)


@pytest.mark.parametrize("value", [72, "72", "0h", "-1h", "1.5h", "1w", "h", None, True, "9999999h"])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is no time: write a whole number and m, h or d, such as 72h"):
        parse_duration(value)
