"""README.md shows the demo's spec as it is, names the make targets that there are, and holds a place for the phases."""

import re

from tests.unit.docs.pages import CHECKOUT, list_examples

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def test_the_spec_shown_is_the_demo_s() -> None:
    (shown,) = list_examples(README, "yaml")
    demo = (CHECKOUT / "examples" / "demo" / "fleet.yaml").read_text(encoding="utf-8")
    assert shown.split("\n") == [line for line in demo.split("\n") if not line.startswith("#")]


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE)) <= targets


def test_the_table_of_phases_has_its_place() -> None:
    assert README.index("<!-- phases -->") < README.index("<!-- /phases -->")
