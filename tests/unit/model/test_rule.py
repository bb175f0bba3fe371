"""Rules: one verb each, and the few words that they are called by."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from orchestrator.model.rule import VERB_OF, VERBS, Rule, RuleBase, find_verb

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
]


@pytest.mark.parametrize(("fields", "words"), WRITTEN)
def test_a_rule_is_found_by_its_verb_and_says_itself(fields: dict[str, Any], words: str) -> None:
    rule = RULE.validate_python({**fields, "per": "account", **PLACE})
    assert rule.verb == next(iter(fields)) == find_verb(rule)
    assert rule.title == rule.describe() == words
    assert (rule.level, rule.of) == ("error", None)
    named = RULE.validate_python({**fields, "per": "account", "name": "mine", **PLACE})
    assert (named.title, named.describe()) == ("mine", words)


def test_every_verb_is_tried() -> None:
    assert {next(iter(fields)) for fields, _ in WRITTEN} == set(VERBS)
    assert set(VERB_OF) == set(RuleBase.__subclasses__())


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
    ],
)
def test_what_a_rule_does_not_take(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RULE.validate_python({"per": "account", **fields, **PLACE})
