"""The policy section of a file alone, so that rules can be held against what no spec declares yet."""

from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import TypeAdapter

from orchestrator.documents.known_keys import suggest
from orchestrator.documents.yaml_document import YamlDocument, read_yaml
from orchestrator.model.base import Frozen
from orchestrator.model.errors import InvalidDocument
from orchestrator.model.rule import Rule, Selector

KnownNames = Mapping[str, Collection[str]]
"""What a selector may name: the groups, chains and networks that there are, by its key."""


class PolicySection(Frozen):
    """The section as it is written; the file's other sections are not looked at."""

    policy: tuple[Rule, ...]


POLICY_SECTION = TypeAdapter(PolicySection)


def load_policy(path: Path, known: KnownNames) -> tuple[Rule, ...]:
    """The rules of the file at `path`, a spec or a file with `policy` alone; InvalidDocument with every problem.

    `known` are the names that a selector may speak of.
    """
    document, rules = read_policy_section(path)
    problems = [
        document.problem(("policy", index, "of", key), f"no node has {key} {value}", suggest(value, names))
        for index, rule in enumerate(rules)
        if isinstance(rule.of, Selector)
        for key, names in known.items()
        if (value := getattr(rule.of, key)) is not None and value not in names
    ]
    if problems:
        raise InvalidDocument(problems)
    return rules


def read_policy_section(path: Path) -> tuple[YamlDocument, tuple[Rule, ...]]:
    """The file at `path` and the rules of its policy section; InvalidDocument with every problem."""
    document = read_yaml(path)
    data = document.data
    if not isinstance(data, dict) or "policy" not in data:
        problem = document.problem((), "this file has no policy", "write policy: and below it a list of rules")
        raise InvalidDocument([problem])
    rules = data["policy"]
    if isinstance(rules, list):
        rules = [document.add_source(rule, ("policy", index)) for index, rule in enumerate(rules)]
    parsed: PolicySection = document.validate(POLICY_SECTION, {"policy": rules})
    return document, parsed.policy
