"""Missing facts in words: which they are, and where to fill them in."""

from orchestrator.model.missing import MissingFact, render_facts, render_filling
from orchestrator.model.source import Source


def find(*names: str, file: str | None = "sites.csv", fact: str = "country") -> list[MissingFact]:
    sources = (None if file is None else Source(file, line) for line in range(2, 2 + len(names)))
    return [MissingFact(fact, name, source) for name, source in zip(names, sources, strict=True)]


def test_at_most_three_places_are_named_and_each_once() -> None:
    assert render_filling(find("a", "b", "c")) == (
        "fill in country at sites.csv:2:1, sites.csv:3:1, sites.csv:4:1, or in a row of your own (--catalog)"
    )
    four = render_filling(find("a", "b", "c", "d"))
    assert four.startswith("fill in country at sites.csv:2:1, sites.csv:3:1, sites.csv:4:1 …, or")
    twice = [MissingFact("country", name, Source("sites.csv", 2)) for name in "ab"]
    assert render_filling(twice) == "fill in country at sites.csv:2:1, or in a row of your own (--catalog)"


def test_the_order_in_which_they_are_found_makes_no_difference() -> None:
    facts = [*find("a", "b"), *find("c", fact="asn")]
    assert render_filling(facts) == render_filling(facts[::-1])
    assert render_filling(facts).startswith("fill in asn and country at ")
    assert render_facts(facts) == render_facts(facts[::-1]) == "asn of c, country of a, country of b"


def test_what_no_row_speaks_of_is_added_and_what_a_hosts_file_leaves_out_is_stated_there() -> None:
    assert render_filling(find("a", file=None)) == "add country to a row of your own (--catalog)"
    assert render_filling(find("a", file="hosts.yaml")) == "state country at hosts.yaml:2:1"
    assert render_filling(find("a", file="hosts.yml")) == "state country at hosts.yml:2:1"
    both = [*find("a", file="hosts.yaml"), *find("b")]
    assert render_filling(both) == (
        "fill in country at hosts.yaml:2:1, sites.csv:2:1, or in a row of your own (--catalog)"
    )


def test_more_than_three_facts_are_cut_short() -> None:
    assert render_facts(find("a", "b", "c")) == "country of a, country of b, country of c"
    assert render_facts(find("a", "b", "c", "d")) == "country of a, country of b, country of c …"
