"""Presets and files of one's own, included in a spec."""

from pathlib import Path

import pytest

from orchestrator.model.errors import InvalidDocument
from orchestrator.spec import load_fleet
from orchestrator.spec.include import list_presets, load_preset
from tests.unit.specs import SPEC, write_spec


def include(folder: Path, names: str, text: str = SPEC) -> Path:
    return write_spec(folder, f"{text}\ninclude: {names}\n")


@pytest.mark.parametrize("name", list_presets())
def test_every_preset_loads_and_says_what_it_is(name: str) -> None:
    preset = load_preset(name)
    assert preset.preset == name
    assert preset.summary.endswith(".")
    assert {rule.source.file for rule in preset.policy} == {f"presets/{name}.yaml"}


def test_rules_come_after_the_spec_s_own_each_with_its_place(tmp_path: Path) -> None:
    fleet = load_fleet(include(tmp_path, "[eu-data-residency, survive-any-provider]"))
    assert [rule.verb for rule in fleet.policy] == ["cap", "allow", "survive"]
    assert fleet.policy[1].source.file == "presets/eu-data-residency.yaml"
    assert fleet.policy[0].source.file == str(tmp_path / "fleet.yaml")


def test_a_file_of_one_s_own_is_included_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text("policy:\n  - {min_domains: 2, per: country}\n", encoding="utf-8")
    fleet = load_fleet(include(tmp_path, "[ours.yaml]"))
    assert (fleet.policy[1].verb, fleet.policy[1].source.line) == ("min_domains", 2)


def test_what_is_included_is_part_of_what_a_lock_is_made_from(tmp_path: Path) -> None:
    plain = load_fleet(write_spec(tmp_path)).digest
    assert load_fleet(include(tmp_path, "[eu-data-residency]")).digest != plain
    assert load_fleet(include(tmp_path, "[]")).digest == plain


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (
            "[eu-data-residence]",
            r"fleet.yaml:18:11: there is no preset eu-data-residence.*did you mean eu-data-residency",
        ),
        ("[survive-any-provider, survive-any-provider]", "18:33: survive-any-provider is included twice"),
        ("[ours.yaml]", "there is no file ours.yaml"),
        ("eu-data-residency", "where a list goes"),
        ("[3]", r"include\.0"),
        ("[../presets]", r"there is no preset \.\./presets"),
    ],
)
def test_a_slip_is_answered_with_its_place(names: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match=words):
        load_fleet(include(tmp_path, names))
