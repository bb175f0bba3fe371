"""The spec's section control: places of parts and replicas, and what is no URL or keeper."""

from datetime import date
from pathlib import Path

import pytest

from orchestrator.model.errors import InvalidDocument
from orchestrator.spec import load_fleet
from tests.unit.specs import SPEC, write_spec

CONTROL = """\
control:
  state:
    url: s3://states?region=eu-central-1
    replicas:
      - {provider: hetzner, drilled: 2026-10-01}
  secrets: {url: passphrase, operator: office}
  controller: {operator: office}
"""
FIRST = SPEC.count("\n") + 1


def test_parts_and_replicas_know_their_lines(tmp_path: Path) -> None:
    control = load_fleet(write_spec(tmp_path, SPEC + CONTROL)).control
    assert control is not None
    assert control.state is not None
    assert control.secrets is not None
    assert (control.source.line, control.state.source.line, control.secrets.source.line) == (
        FIRST,
        FIRST + 1,
        FIRST + 5,
    )
    (replica,) = control.state.replicas
    assert (replica.drilled, replica.source.line) == (date(2026, 10, 1), FIRST + 4)
    assert control.artifacts is None


def test_the_section_is_no_part_of_the_digest(tmp_path: Path) -> None:
    without = load_fleet(write_spec(tmp_path, SPEC)).digest
    assert load_fleet(write_spec(tmp_path, SPEC + CONTROL)).digest == without


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "hint"),
    [
        ("s3://", "s4://", 2, "control.state.url: Pulumi has no s4 for this", "s3"),
        ("url: passphrase", "url: pasphrase", 5, "control.secrets.url: Pulumi has no pasphrase", "did you mean"),
        ("provider: hetzner", "provider: ssh", 4, "provider ssh says of nobody who keeps this", "operator"),
        ("controller:", "controler:", 6, "unknown key control.controler", "did you mean controller?"),
        ("drilled: 2026-10-01", "drilled: lately", 4, "control.state.replicas.0.drilled", ""),
        ("{operator: office}\n", "office\n", 6, "control.controller", ""),
        ("  controller: {operator: office}", "  controller: {url: x}", 6, "unknown key control.controller.url", ""),
    ],
)
def test_each_mistake_is_told_at_its_line(
    tmp_path: Path, old: str, new: str, line: int, message: str, hint: str
) -> None:
    path = write_spec(tmp_path, SPEC + CONTROL.replace(old, new))
    with pytest.raises(InvalidDocument) as raised:
        load_fleet(path)
    (problem,) = raised.value.problems
    assert message in problem.message
    assert hint in problem.hint
    assert problem.source is not None
    assert problem.source.line == FIRST + line


def test_a_section_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match=f"{FIRST}:10: control: "):
        load_fleet(write_spec(tmp_path, SPEC + "control: aws\n"))
