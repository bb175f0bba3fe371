"""The policy section of a file alone."""

from pathlib import Path

import pytest

from orchestrator.model.errors import InvalidDocument
from orchestrator.spec.policy_section import load_policy
from tests.unit.specs import SPEC

KNOWN = {"group": {"btc"}, "chain": {"bitcoin"}, "network": {"mainnet"}}


def write(folder: Path, text: str) -> Path:
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    return folder / "rules.yaml"


def test_a_whole_spec_will_do(tmp_path: Path) -> None:
    [rule] = load_policy(write(tmp_path, SPEC), KNOWN)
    assert (rule.title, rule.source.line) == ("half", 16)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fleet: x\n", "this file has no policy"),
        ("- 1\n", "this file has no policy"),
        ("policy: 3\n", "policy: 3 stands where a list goes"),
        ("policy:\n  - {cap: 50%}\n", r"yaml:2:5: policy\.0\.per is missing"),
        ("policy:\n  - {cap: 50%, per: zone, of: {group: eth}}\n", r"yaml:2:39: no node has group eth"),
    ],
)
def test_what_is_no_policy_is_answered_with_its_place(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match=words):
        load_policy(write(tmp_path, text), KNOWN)
