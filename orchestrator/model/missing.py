"""A fact that a rule or a need asks for and that nobody knows: what it is, of what, and where to fill it in."""

from collections.abc import Iterable
from typing import NamedTuple

from orchestrator.model.source import Source

SHOWN = 3
HOSTS_SUFFIXES = (".yaml", ".yml")


class MissingFact(NamedTuple):
    """`fact` is the column or key that is empty, `of` what it is of; `source` None where no row speaks of it."""

    fact: str
    of: str
    source: Source | None = None


def render_filling(missing: Iterable[MissingFact]) -> str:
    """What to do about them: such as "fill in country at sites.csv:3:1, or in a row of your own (--catalog)"."""
    facts = sorted(set(missing), key=lambda each: (each.fact, each.of))
    names = " and ".join(sorted({each.fact for each in facts}))
    places = list(dict.fromkeys(str(each.source) for each in facts if each.source is not None))
    shown = ", ".join(places[:SHOWN]) + (" …" if len(places) > SHOWN else "")
    stated = all(each.source is not None and each.source.file.endswith(HOSTS_SUFFIXES) for each in facts)
    if stated:
        return f"state {names} at {shown}"
    own = "a row of your own (--catalog)"
    return f"fill in {names} at {shown}, or in {own}" if shown else f"add {names} to {own}"


def render_facts(missing: Iterable[MissingFact]) -> str:
    """The facts by name, such as "country of acme/r1/z1"."""
    names = sorted({f"{each.fact} of {each.of}" for each in missing})
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
