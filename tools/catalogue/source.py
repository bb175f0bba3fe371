"""Reads the source's CSV files as they are: rows of text, each with its place, for the providers we carry."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from orchestrator.catalog.aliases import BUILT_IN_PROVIDERS
from orchestrator.documents.text_file import read_text
from orchestrator.model.errors import OrchestratorError
from orchestrator.model.source import Source


@dataclass(frozen=True)
class SourceRow:
    """One row of a source file."""

    path: Path
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        try:
            return self.cells[column]
        except KeyError:
            hint = "the source's format has changed: adapt tools/catalogue"
            raise OrchestratorError(f"column {column} is missing", hint=hint, source=Source.at(self.path)) from None

    def refuse(self, what: str, hint: str) -> OrchestratorError:
        """The error that says what the converter cannot carry over."""
        return OrchestratorError(what, hint=hint, source=Source.at(self.path, self.line))


def read_rows(path: Path) -> list[SourceRow]:
    """The rows of a source file that speak of a built-in provider."""
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    rows = [SourceRow(path, reader.line_num, row) for row in reader]
    return [row for row in rows if row["provider"] in BUILT_IN_PROVIDERS]
