"""Facts that name failure domains have one spelling."""

import pytest

from orchestrator.catalog.spelling import find_misspelling


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "DE"),
        ("jurisdiction", "EU"),
        ("jurisdiction", "EEA"),
        ("continent", "North America"),
        ("asn", "24940"),
        ("source_date", "2026-01-31"),
        ("facility", "anything at all"),
    ],
)
def test_good_spellings_pass(field: str, value: str) -> None:
    assert find_misspelling(field, value) == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "de"),
        ("country", "Germany"),
        ("jurisdiction", "eu"),
        ("continent", "europe"),
        ("asn", "AS24940"),
        ("asn", "0"),
        ("source_date", "31.01.2026"),
    ],
)
def test_other_spellings_are_answered_with_advice(field: str, value: str) -> None:
    assert find_misspelling(field, value).startswith("write ")
