"""How the names of failure domains are spelt, so that two files that mean one domain also write one word."""

import re
from dataclasses import dataclass

CONTINENTS = ("Africa", "Antarctica", "Asia", "Europe", "North America", "Oceania", "South America")


@dataclass(frozen=True)
class Spelling:
    """What a value looks like, and how to say so."""

    pattern: re.Pattern[str]
    advice: str


# A cap per country would count "de" and "DE" as two countries: so a spelling is enforced, not a matter of taste.
SPELLINGS = {
    "country": Spelling(re.compile(r"[A-Z]{2}"), "write the ISO 3166 code of two capitals, such as DE"),
    "jurisdiction": Spelling(re.compile(r"[A-Z]{2,3}"), "write EU, EEA, UK or the country's code in capitals"),
    "operator_jurisdiction": Spelling(re.compile(r"[A-Z]{2,3}"), "write EU, EEA, UK or the country's code in capitals"),
    "continent": Spelling(re.compile("|".join(CONTINENTS)), f"write one of: {', '.join(CONTINENTS)}"),
    "asn": Spelling(re.compile(r"[1-9][0-9]*"), "write the number alone, such as 24940"),
    "source_date": Spelling(re.compile(r"\d{4}-\d{2}-\d{2}"), "write the date as 2026-01-31"),
}


def find_misspelling(field: str, value: str) -> str:
    """What to write in place of `value` in the fact `field`; "" where it is spelt well."""
    spelling = SPELLINGS.get(field)
    return "" if spelling is None or spelling.pattern.fullmatch(value) else spelling.advice
