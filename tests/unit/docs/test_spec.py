"""docs/spec.md holds every key that the models take, with the right default, and its example loads."""

from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from orchestrator.model.control import AddressedPart, ControlPlane, Replica
from orchestrator.model.failure_domain import DOMAIN_KINDS
from orchestrator.model.fleet import Access, Account, Group, MachineNeed, Standby
from orchestrator.model.host import EnrolledHost
from orchestrator.model.review import Review, Suppression
from orchestrator.model.rule import VERB_OF, VERBS, Level, Selector, Weight
from orchestrator.model.site import Arch, CpuKind, DiskKind
from orchestrator.spec import load_fleet
from orchestrator.spec.load import SpecFile
from tests.unit.docs.pages import get_section, list_examples, map_keys, read_page

PAGE = read_page("spec.md")
# By the loader, never by people.
FILLED_IN = {"__regions__", "__standby_of__", "__production__", "name", "__source__", "hosts_path"}
SECTIONS: dict[str, type[BaseModel]] = {
    "## The top level": SpecFile,
    "## Accounts": Account,
    "## Groups": Group,
    "### Standby nodes": Standby,
    "## What a node needs": MachineNeed,
    "## Access": Access,
    "## Control": ControlPlane,
    "### A part of it": AddressedPart,
    "### A replica": Replica,
    "## Review": Review,
    "### A suppression": Suppression,
    "## Selectors": Selector,
    "## The hosts file": EnrolledHost,
}


def list_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    return {key: field for key, field in fields.items() if key not in FILLED_IN}


def render_default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default: Any = field.get_default(call_default_factory=True)
    return str(default) if default not in (None, (), {}) else "none"


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_key_is_documented_with_its_default(heading: str) -> None:
    section = get_section(PAGE, heading).partition("\n### ")[0]
    documented = {key: cells[-1] for key, cells in map_keys(section).items()}
    assert documented == {key: render_default(field) for key, field in list_fields(SECTIONS[heading]).items()}


def test_every_key_of_every_rule_is_documented() -> None:
    section = get_section(PAGE, "## Rules")
    documented = {
        key: cells[-1] for key, cells in map_keys(section).items() if key not in (*DOMAIN_KINDS, "client.<role>")
    }
    expected = {"name": "none", **dict.fromkeys(VERBS, "verb")}
    for rule in VERB_OF:
        fields = {
            field.alias or name: field for name, field in rule.model_fields.items() if field.alias != "__source__"
        }
        expected |= {name: render_default(field) for name, field in fields.items() if name not in VERBS}
    assert documented == expected


def test_every_kind_of_failure_domain_is_documented() -> None:
    documented = map_keys(get_section(PAGE, "## Rules"))
    assert set(DOMAIN_KINDS) <= set(documented)


@pytest.mark.parametrize(
    ("heading", "key", "values"),
    [
        ("## Rules", "by", get_args(Weight)),
        ("## Rules", "level", get_args(Level)),
        ("## What a node needs", "cpu", get_args(CpuKind)),
        ("## What a node needs", "disk_kind", get_args(DiskKind)),
        ("## What a node needs", "arch", get_args(Arch)),
        ("## The hosts file", "arch", get_args(Arch)),
    ],
)
def test_every_word_that_a_key_takes_is_documented(heading: str, key: str, values: tuple[str, ...]) -> None:
    meaning = map_keys(get_section(PAGE, heading))[key][0]
    assert [value for value in values if f"`{value}`" not in meaning] == []


def test_the_example_loads(tmp_path: Path) -> None:
    fleet, control, hosts = list_examples(PAGE, "yaml")
    (tmp_path / "fleet.yaml").write_text(f"{fleet}\n{control}", encoding="utf-8")
    (tmp_path / "hosts.yaml").write_text(hosts, encoding="utf-8")
    loaded = load_fleet(tmp_path / "fleet.yaml")
    assert (loaded.name, len(loaded.accounts), len(loaded.policy)) == ("example", 3, 4)
    assert loaded.get_account("metal").hosts[0].name == "metal-1"
