"""How a lost state is rebuilt: what is tried, what is left out, and what is never made. The engine is a stand-in."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pulumi import automation

from orchestrator.adapters.pulumi_recovery import ABSENT_FILE, UNFINISHED, WAYS_FILE, has_state, recover_stack
from orchestrator.model.recovery import StackRecovery
from orchestrator.model.stack import Operation, StackResult, StackStep

VOLUME, ATTACHMENT, CLAIM = "cloud:Volume", "cloud:Attachment", "python:Claim"
WAYS = {VOLUME: "ByName", ATTACHMENT: "ById", CLAIM: "Again"}


@dataclass
class Engine:
    """An engine with a program that declares a volume, its attachment and a claim, and a cloud that has `there`."""

    folder: Path
    there: set[str]
    answers: bool = True
    breaks: bool = False
    config: dict[str, Any] = field(default_factory=dict)
    outputs_told: dict[str, Any] = field(default_factory=dict)
    excluded: list[str] | None = None
    previews: int = 0
    name: str = "alpha"

    @property
    def workspace(self) -> Any:
        return SimpleNamespace(
            project_settings=lambda: SimpleNamespace(name="project"),
            stack_settings=lambda _name: SimpleNamespace(config=self.config),
        )

    def set_config(self, key: str, value: Any) -> None:
        self.config[key] = value

    def remove_config(self, key: str) -> None:
        del self.config[key]

    def outputs(self) -> dict[str, Any]:
        return self.outputs_told

    def preview(self, on_event: Any) -> StackResult:
        """Attachments have an id as soon as their volume has one, and that id may be nothing's."""
        self.previews += 1
        if not self.answers:
            return StackResult(account=self.name, error="no answer")
        (self.folder / WAYS_FILE).write_text(json.dumps(WAYS))
        absent = json.loads((self.folder / ABSENT_FILE).read_text())
        attachment = f"{ATTACHMENT}::a"
        if VOLUME in self.there and ATTACHMENT not in self.there and attachment not in absent:
            urn = f"urn:pulumi:alpha::project::{attachment}"
            on_event(SimpleNamespace(diagnostic_event=SimpleNamespace(severity="error", urn=urn)))
            return StackResult(account=self.name, error="resource 'a' does not exist")
        return StackResult(account=self.name, steps=tuple(self.list_steps()))

    def up(self, *, exclude: list[str] | None, on_event: Any, suppress_outputs: bool) -> StackResult:
        assert UNFINISHED in self.config
        assert suppress_outputs
        self.excluded = exclude
        left = {urn.rpartition("::")[0].rpartition("::")[2] for urn in exclude or ()}
        steps = tuple(step for step in self.list_steps() if step.type not in left)
        return StackResult(account=self.name, steps=steps, error="it broke" if self.breaks else None)

    def list_steps(self) -> list[StackStep]:
        return [self.make_step(kind) for kind in WAYS]

    def make_step(self, kind: str) -> StackStep:
        operation: Operation = "import" if kind in self.there else "create"
        return StackStep(operation=operation, name=kind.rpartition(":")[2][0].lower(), type=kind)


def recover(engine: Engine) -> StackRecovery:
    def run(operation: Any) -> StackResult:
        return cast("StackResult", operation(lambda _event: None))

    return recover_stack(cast("automation.Stack", engine), run, run, engine.folder)


def list_types(steps: tuple[StackStep, ...]) -> set[str]:
    return {step.type for step in steps}


def test_what_is_there_is_imported_and_claims_are_made_again(tmp_path: Path) -> None:
    engine = Engine(tmp_path, {VOLUME, ATTACHMENT})
    done = recover(engine)
    assert (list_types(done.found), done.missing, done.error) == ({VOLUME, ATTACHMENT, CLAIM}, (), None)
    assert engine.excluded is None
    assert engine.config == {}


def test_an_id_that_is_nothings_is_missing_and_not_made(tmp_path: Path) -> None:
    engine = Engine(tmp_path, {VOLUME})
    done = recover(engine)
    assert (list_types(done.found), list_types(done.missing)) == ({VOLUME, CLAIM}, {ATTACHMENT})
    assert engine.excluded == [f"urn:pulumi:alpha::project::{ATTACHMENT}::a"]
    assert engine.previews == 2


def test_nothing_of_an_empty_account_is_made(tmp_path: Path) -> None:
    done = recover(Engine(tmp_path, set()))
    assert (list_types(done.found), list_types(done.missing)) == ({CLAIM}, {VOLUME, ATTACHMENT})


def test_a_cloud_that_does_not_answer_ends_it_before_anything_is_written(tmp_path: Path) -> None:
    engine = Engine(tmp_path, {VOLUME}, answers=False)
    assert recover(engine).error == "no answer"
    assert (engine.config, engine.excluded, engine.previews) == ({}, None, 1)


def test_what_broke_off_stays_marked(tmp_path: Path) -> None:
    engine = Engine(tmp_path, {VOLUME, ATTACHMENT}, breaks=True)
    assert recover(engine).error == "it broke"
    assert UNFINISHED in engine.config


@pytest.mark.parametrize(
    ("outputs", "config", "expected"),
    [
        ({"revision": "r"}, {}, True),
        ({"revision": "r"}, {UNFINISHED: "true"}, False),
        ({}, {}, False),
    ],
)
def test_a_state_is_whole_once_it_carries_a_revision(
    tmp_path: Path, outputs: dict[str, Any], config: dict[str, Any], *, expected: bool
) -> None:
    engine = Engine(tmp_path, set(), outputs_told=outputs, config=config)
    assert has_state(cast("automation.Stack", engine)) is expected
