"""Frozen values kept as JSON files that are there whole or not at all."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TypeVar

from pydantic import ValidationError

from orchestrator.model.base import Frozen
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.source import Source

T = TypeVar("T", bound=Frozen)


def read_value(path: Path, kind: type[T]) -> T | None:
    """The value in the file at `path`; None where there is no file. InvalidDocument where it holds something else."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        problem = f"{path.name} is no {kind.__name__}: {error.errors()[0]['msg']}"
        hint = "it was edited, or is another version's; `orchestrator rehearse clean` removes the rehearsal"
        raise InvalidDocument([OrchestratorError(problem, hint=hint, source=Source.at(path))]) from None


def write_value(path: Path, value: Frozen) -> None:
    """Writes the value to `path`, readable by its owner alone."""
    write_text(path, value.model_dump_json(indent=1) + "\n")


def write_text(path: Path, text: str, mode: int = 0o600) -> None:
    """Writes the text to `path`, through a temporary file beside it."""
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
