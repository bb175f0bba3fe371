"""What the engine says, as values: steps, failures, outputs."""

from typing import Any

import pytest
from pulumi.automation import OpType
from pulumi.automation.events import EngineEvent, StepEventMetadata

from orchestrator.adapters.pulumi import PulumiProject, _Recorder, shorten, to_step
from orchestrator.model.stack import StackEvent

URN = "urn:pulumi:alpha::node-orchestrator::hcloud:index/server:Server::btc-1-1"
SERVER = "hcloud:index/server:Server"
STACK = "pulumi:pulumi:Stack"


def metadata(operation: str, kind: str = SERVER, urn: str = URN, **states: Any) -> dict[str, Any]:
    return {"op": operation, "urn": urn, "type": kind, "provider": "p", **states}


def state(**outputs: Any) -> dict[str, Any]:
    return {"type": STACK, "urn": URN, "id": "", "parent": "", "provider": "", "inputs": {}, "outputs": outputs}


def make_event(**body: Any) -> EngineEvent:
    """An event as the engine writes it to its log."""
    return EngineEvent.from_json({"sequence": 1, "timestamp": 2, **body})


def record(*events: EngineEvent) -> tuple[_Recorder, list[StackEvent]]:
    told: list[StackEvent] = []
    recorder = _Recorder("alpha", told.append)
    for event in events:
        recorder.receive(event)
    return recorder, told


@pytest.mark.parametrize(
    ("operation", "value", "changes"),
    [
        ("same", "same", False),
        ("create", "create", True),
        ("update", "update", True),
        ("delete", "delete", True),
        ("replace", "replace", True),
        ("create-replacement", "replace", True),
        ("delete-replaced", "replace", True),
        ("read", "read", False),
        ("refresh", "refresh", False),
        ("import", "import", True),
        ("import-replacement", "replace", True),
        ("discard", "other", True),
    ],
)
def test_every_operation_is_a_value(operation: str, value: str, changes: bool) -> None:
    step = to_step(StepEventMetadata.from_json(metadata(operation)))
    assert (step.operation, step.name, step.type, step.changes) == (value, "btc-1-1", SERVER, changes)


def test_no_operation_that_deletes_passes_for_harmless() -> None:
    for operation in OpType:
        step = to_step(StepEventMetadata.from_json(metadata(operation.value)))
        if "delete" in operation.value or "replace" in operation.value:
            assert step.operation in ("delete", "replace")


def test_steps_are_told_as_they_happen_and_kept_when_done() -> None:
    recorder, told = record(
        make_event(resourcePreEvent={"metadata": metadata("create")}),
        make_event(resOutputsEvent={"metadata": metadata("create")}),
        make_event(resourcePreEvent={"metadata": metadata("update", urn=f"{URN}b")}),
        make_event(resOpFailedEvent={"metadata": metadata("update", urn=f"{URN}b"), "status": 1, "steps": 1}),
    )
    assert [(event.step.operation, event.step.name, event.phase) for event in told] == [
        ("create", "btc-1-1", "started"),
        ("create", "btc-1-1", "done"),
        ("update", "btc-1-1b", "started"),
        ("update", "btc-1-1b", "failed"),
    ]
    result = recorder.build_result("it failed")
    assert [step.name for step in result.steps] == ["btc-1-1"]
    assert (result.account, result.error, result.applied, result.outputs) == ("alpha", "it failed", None, {})


def test_the_stack_itself_tells_what_was_applied_and_what_is_exported() -> None:
    old, new = state(revision="r1", machines={}), state(revision="r2", machines={"btc-1.1": {}})
    recorder, told = record(
        make_event(resourcePreEvent={"metadata": metadata("update", STACK, old=old, new=new)}),
        make_event(resOutputsEvent={"metadata": metadata("update", STACK, old=old, new=new)}),
    )
    result = recorder.build_result(None)
    assert (result.applied, result.outputs) == ("r1", {"revision": "r2", "machines": {"btc-1.1": {}}})
    assert told == []
    assert result.steps == ()


def test_where_the_program_failed_what_was_exported_before_still_stands() -> None:
    recorder, _ = record(make_event(resourcePreEvent={"metadata": metadata("same", STACK, old=state(revision="r1"))}))
    result = recorder.build_result("no")
    assert (result.applied, result.outputs) == ("r1", {"revision": "r1"})


@pytest.mark.parametrize(
    ("severity", "kept"), [("error", True), ("info#err", True), ("warning", False), ("info", False), ("debug", False)]
)
def test_what_is_said_of_a_failure_is_kept_without_colours(severity: str, kept: bool) -> None:
    message = "<{%reset%}>server is <{%fg 1%}>full<{%reset%}>\n"
    event = make_event(diagnosticEvent={"message": message, "color": "raw", "severity": severity})
    assert record(event)[0].describe_failure() == ("server is full" if kept else "")


@pytest.mark.parametrize(
    ("message", "short"),
    [
        ("no such location", "no such location"),
        ("two\nlines", "two\nlines"),
        ("Traceback (most recent call last):\n  File x\nValueError: no lock\n\n", "ValueError: no lock"),
        ("error: Program failed:\nTraceback (most recent call last):\n  File x\nKeyError: 'a'", "KeyError: 'a'"),
        ("Traceback", "Traceback"),
        ("", ""),
    ],
)
def test_a_traceback_comes_to_its_last_line(message: str, short: str) -> None:
    assert shorten(message) == short


def test_a_projects_own_environment_goes_before_ours(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.adapters.pulumi.find_pulumi", lambda: tmp_path / "chain")
    monkeypatch.setenv("PATH", "/bin")
    environment = PulumiProject(tmp_path, {"PULUMI_HOME": "/home/x"}).build_environment()
    assert environment["PATH"] == f"{tmp_path / 'chain'}:/bin"
    assert environment["PULUMI_HOME"] == "/home/x"
    assert environment["PULUMI_SKIP_UPDATE_CHECK"] == "true"


def test_a_failed_step_carries_the_words_that_were_said_of_it_alone() -> None:
    other = URN.replace("btc-1-1", "btc-2-1")
    recorder, _ = record(
        make_event(
            diagnosticEvent={"message": "no <{%reset%}>room (full)", "color": "", "severity": "error", "urn": URN}
        ),
        make_event(resOpFailedEvent={"metadata": metadata("create"), "status": 0, "steps": 1}),
        make_event(diagnosticEvent={"message": "name taken", "color": "", "severity": "error", "urn": other}),
        make_event(resOpFailedEvent={"metadata": metadata("create", urn=other), "status": 0, "steps": 1}),
        make_event(diagnosticEvent={"message": "update failed", "color": "", "severity": "error"}),
    )
    failures = recorder.build_result("failed").failures
    assert [(failure.step.name, failure.words) for failure in failures] == [
        ("btc-1-1", "no room (full)"),
        ("btc-2-1", "name taken"),
    ]
