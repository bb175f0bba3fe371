"""Where a value was written, so that an error or a finding can point at it."""

from pathlib import PurePath

from orchestrator.model.base import Frozen


class Source(Frozen):
    """A place in a text file; `line` and `column` count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @classmethod
    def at(cls, path: PurePath | str, line: int = 1, column: int = 1) -> "Source":
        """The place at `line` and `column` of the file at `path`."""
        return cls(file=str(path), line=line, column=column)
