"""The spec's section `review`: told where its suppressions stand, and what its types cannot say of it."""

from collections.abc import Iterator
from typing import Any

from orchestrator.documents.known_keys import suggest
from orchestrator.documents.yaml_document import YamlDocument
from orchestrator.model.errors import OrchestratorError
from orchestrator.model.review import Review
from orchestrator.model.rule import VERBS
from orchestrator.model.rule_ids import ALWAYS, RULE_OF, find_word

SECTION = "review"


def place_review(document: YamlDocument) -> Any:
    """The section with each suppression told its place; other data is left for validation."""
    section = document.data[SECTION]
    if not isinstance(section, dict) or not isinstance(section.get("suppressions"), list):
        return section
    place = (SECTION, "suppressions")
    placed = [document.add_source(each, (*place, index)) for index, each in enumerate(section["suppressions"])]
    return section | {"suppressions": placed}


def find_review_problems(document: YamlDocument, review: Review) -> Iterator[OrchestratorError]:
    """Rules that there are not, levels of rules that have their own, and findings that nothing can excuse."""
    for rule in review.levels:
        place: tuple[str | int, ...] = (SECTION, "levels", rule)
        name = find_word(rule)
        if name is None:
            yield document.problem(place, f"there is no rule {rule}", suggest(rule, RULE_OF))
        elif name in VERBS:
            yield document.problem(place, f"{rule} is a rule of the policy", "write level: at the rule itself")
        elif name in ALWAYS:
            yield document.problem(place, f"the level of {rule} is its own", "remove it")
    for index, suppression in enumerate(review.suppressions):
        place = (SECTION, "suppressions", index, "rule")
        name = find_word(suppression.rule)
        if name is None:
            yield document.problem(place, f"there is no rule {suppression.rule}", suggest(suppression.rule, RULE_OF))
        elif name in ALWAYS:
            yield document.problem(place, f"{suppression.rule} cannot be suppressed", "remove it, and repair the lock")
