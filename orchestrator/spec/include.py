"""The spec's key `include`: policy from elsewhere, a preset by its name or a file of one's own by its path."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, TypeAdapter

from orchestrator.documents.known_keys import suggest
from orchestrator.documents.yaml_document import YamlDocument, parse_yaml
from orchestrator.model.base import Frozen
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.names import Line, Name
from orchestrator.model.rule import Rule
from orchestrator.spec.policy_section import read_policy_section

PRESETS = Path(__file__).parent / "presets"
OWN_FILE = (".yaml", ".yml")


class Preset(Frozen):
    """Rules that somebody published: where, and when. `verified` says whether the figures were read at the source."""

    preset: Name
    summary: Line
    source: Line
    source_date: Annotated[str, BeforeValidator(str)] = Field(pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
    verified: bool
    note: str = ""
    policy: tuple[Rule, ...] = Field(min_length=1)


PRESET = TypeAdapter(Preset)


def list_presets() -> tuple[str, ...]:
    """The names of the presets that there are, sorted."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.yaml")))


def load_preset(name: str) -> Preset:
    """The preset of that name; its rules say presets/NAME.yaml of where they are written."""
    text = (PRESETS / f"{name}.yaml").read_text(encoding="utf-8")
    document = parse_yaml(text, Path("presets") / f"{name}.yaml")
    rules = [document.add_source(rule, ("policy", index)) for index, rule in enumerate(document.data["policy"])]
    preset: Preset = document.validate(PRESET, {**document.data, "policy": rules})
    return preset


def load_included(document: YamlDocument, included: tuple[str, ...], folder: Path) -> tuple[Rule, ...]:
    """The rules of everything that a spec includes, in written order; InvalidDocument with every problem."""
    problems = list(_find_problems(document, included, folder))
    if problems:
        raise InvalidDocument(problems)
    return tuple(rule for name in included for rule in _load(name, folder))


def _load(name: str, folder: Path) -> tuple[Rule, ...]:
    return read_policy_section(folder / name)[1] if name.endswith(OWN_FILE) else load_preset(name).policy


def _find_problems(document: YamlDocument, included: tuple[str, ...], folder: Path) -> Iterator[OrchestratorError]:
    """Names of no preset, paths of no file, and what stands twice."""
    known = list_presets()
    for index, name in enumerate(included):
        place = ("include", index)
        if name in included[:index]:
            yield document.problem(place, f"{name} is included twice", "remove one")
        elif name.endswith(OWN_FILE):
            if not (folder / name).is_file():
                yield document.problem(place, f"there is no file {name}", "a path is relative to the spec")
        elif name not in known:
            yield document.problem(place, f"there is no preset {name}", suggest(name, known))
