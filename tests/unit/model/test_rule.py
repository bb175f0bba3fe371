"""Rules: one verb each, and the few words that they are called by."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from orchestrator.model.rule import VERB_OF, VERBS, OfDomains, OfGroups, Rule, RuleBase, find_verb

RULE: TypeAdapter[Rule] = TypeAdapter(Rule)
PLACE = {"__source__": {"file": "fleet.yaml", "line": 3}}
WRITTEN: list[tuple[dict[str, Any], str]] = [
    ({"cap": "34%"}, "cap 34% per account"),
    ({"cap": 3, "by": "stake"}, "cap 3 per account"),
    ({"below": "33.3%"}, "below 33.3% per account"),
    ({"skew": 1}, "skew 1 per account"),
    ({"min_domains": 3}, "min_domains 3 per account"),
    ({"allow": ["DE", "FI"]}, "allow DE, FI per account"),
    ({"deny": ["US"]}, "deny US per account"),
    ({"max_domains": 2}, "max_domains 2 per account"),
    ({"survive": 2, "keep": "50%"}, "survive 2 per account, keep 50%"),
    ({"apart": ["a", "b"]}, "apart a, b per account"),
    ({"together": ["a", "b"]}, "together a, b per account"),
    ({"spread": {"aws": 3, "gcp": 2}}, "spread aws: 3, gcp: 2 per account"),
]
WITHOUT_PER: list[tuple[dict[str, Any], str]] = [
    ({"min_nodes": "50%", "in": {"jurisdiction": "EU"}}, "min_nodes 50% in jurisdiction EU"),
    ({"min_nodes": 2, "in": {"country": "DE", "provider": "p"}}, "min_nodes 2 in country DE and provider p"),
    ({"budget": "25000.50 USD/month"}, "budget 25000.5 USD/month"),
    ({"max_moves": 5}, "max_moves 5"),
]
EVERY = [*(({**fields, "per": "account"}, words) for fields, words in WRITTEN), *WITHOUT_PER]


@pytest.mark.parametrize(("fields", "words"), EVERY)
def test_a_rule_is_found_by_its_verb_and_says_itself(fields: dict[str, Any], words: str) -> None:
    rule = RULE.validate_python({**fields, **PLACE})
    assert rule.verb == next(iter(fields)) == find_verb(rule)
    assert rule.title == rule.describe() == words
    assert (rule.level, rule.of) == ("error", None)
    named = RULE.validate_python({**fields, "name": "mine", **PLACE})
    assert (named.title, named.describe()) == ("mine", words)


def test_every_verb_is_tried() -> None:
    assert {next(iter(fields)) for fields, _ in EVERY} == set(VERBS)
    families = (RuleBase, OfGroups, OfDomains)
    assert set(VERB_OF) == {rule for family in families for rule in family.__subclasses__()}.difference(families)


@pytest.mark.parametrize(
    ("written", "verb"),
    [({"cap": 1}, "cap"), ({"cap": 1, "skew": 1}, None), ({}, None), ("cap", None), (None, None), (["cap"], None)],
)
def test_a_rule_has_exactly_one_verb(written: Any, verb: str | None) -> None:
    assert find_verb(written) == verb
    if verb is None:
        with pytest.raises(ValidationError, match="exactly one verb"):
            RULE.validate_python(written)


@pytest.mark.parametrize(
    "fields",
    [
        {"skew": -1},
        {"skew": True},
        {"skew": 1.5},
        {"min_domains": 0},
        {"min_domains": "3"},
        {"allow": []},
        {"deny": []},
        {"allow": "DE"},
        {"cap": 1, "by": "disk"},
        {"skew": 1, "by": "stake"},
        {"cap": 1, "level": "info"},
        {"cap": 1, "per": "planet"},
        {"cap": 1, "of": "group"},
        {"cap": 1, "per": "client."},
        {"cap": 1, "per": "client"},
        {"max_domains": 0},
        {"survive": 0, "keep": "50%"},
        {"survive": 1},
        {"survive": 1, "keep": "0%"},
        {"apart": ["a"]},
        {"apart": ["a", "a"]},
        {"apart": ["a", "b"], "of": "fleet"},
        {"together": ["a", "b"], "of": {"group": "a"}},
        {"spread": {}},
        {"spread": {"a": 0}},
        {"spread": {"a": -1}},
        {"spread": {"a": "50%"}},
    ],
)
def test_what_a_rule_does_not_take(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RULE.validate_python({"per": "account", **fields, **PLACE})


@pytest.mark.parametrize(
    "fields",
    [
        {"min_nodes": 1},
        {"min_nodes": 1, "in": {}},
        {"min_nodes": 1, "in": {"planet": "Mars"}},
        {"min_nodes": 1, "in": {"client.node": "btcd", "country": "DE"}},
        {"budget": 25000},
        {"budget": "25000 EUR/month"},
        {"budget": "25000 USD"},
        {"budget": "99999999999 USD/month"},
        {"max_moves": 0},
        {"max_moves": 5, "per": "account"},
    ],
)
def test_what_a_rule_without_per_does_not_take(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RULE.validate_python({**fields, **PLACE})


def test_the_kinds_that_a_rule_speaks_of() -> None:
    written: list[dict[str, Any]] = [
        {"cap": 1, "per": "client.node"},
        {"min_nodes": 1, "in": {"country": "DE", "asn": "1"}},
        {"max_moves": 5},
    ]
    rules = [RULE.validate_python({**fields, **PLACE}) for fields in written]
    assert [rule.kinds for rule in rules] == [("client.node",), ("country", "asn"), ()]
    assert [rule.DEFAULT_SUBJECT for rule in rules] == [None, None, "fleet"]
