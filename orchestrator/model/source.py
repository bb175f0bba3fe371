"""Where a value was written, so that an error or a finding can point at it.

A plain dataclass, so that the command line can report errors without loading pydantic.
"""

from dataclasses import dataclass, field
from pathlib import PurePath

from orchestrator.model.line import escape_line


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a text file; `line` and `column` count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{escape_line(self.file)}:{self.line}:{self.column}"

    @classmethod
    def at(cls, path: PurePath | str, line: int = 1, column: int = 1) -> "Source":
        """The place at `line` and `column` of the file at `path`."""
        return cls(file=str(path), line=line, column=column)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact was read, None where it was made up on the way; no part of the fact, so all origins are equal."""

    source: Source | None = field(default=None, compare=False)


NOWHERE = Origin()
