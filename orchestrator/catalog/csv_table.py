"""CSV text to facts and back: one error for every bad cell, with file, line, column and what to do."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Generic

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from orchestrator.catalog.aliases import find_provider
from orchestrator.catalog.spelling import find_misspelling
from orchestrator.catalog.tables import Fact, Table
from orchestrator.documents.known_keys import suggest
from orchestrator.documents.text_file import invalid, read_text
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.source import Origin, Source

LIST_SEPARATOR = ";"
LONGEST_CELL_SHOWN = 80

Key = tuple[Any, ...]
Keep = Callable[[str, str], bool]


@dataclass(frozen=True)
class Entry(Generic[Fact]):
    """A fact and the place of its row."""

    fact: Fact
    source: Source


@dataclass(frozen=True)
class Row:
    """A row as written: where it begins, and its cells by column, without surrounding spaces."""

    line: int
    cells: Mapping[str, str]


def read_table(path: Path, table: Table[Fact], keep: Keep) -> dict[Key, Entry[Fact]]:
    """The facts of one file by key, for those (provider, region) that `keep` wants; other rows are not looked at.

    Raises InvalidDocument with every problem of the file.
    """
    reader = _Reader(path, table, read_text(path))
    entries: dict[Key, Entry[Fact]] = {}
    for row in reader.read_rows(keep):
        fact = reader.build(row)
        if fact is None:
            continue
        key = table.get_key(fact)
        if key in entries:
            first = entries[key].source.line
            reader.report(
                row, table.key[-1], f"repeats the row of line {first}", f"keep one row a {', '.join(table.key)}"
            )
        else:
            entries[key] = Entry(fact, Source.at(path, row.line))
    if reader.problems:
        raise InvalidDocument(reader.problems)
    return entries


def render_table(table: Table[Fact], facts: Iterable[Fact]) -> str:
    """The CSV text of `facts`, sorted by key: what `read_table` reads back as the same facts."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    for fact in sorted(facts, key=table.get_key):
        writer.writerow(render_cell(getattr(fact, table.get_field(column))) for column in table.columns)
    return text.getvalue()


def render_cell(value: Any) -> str:
    """A value as its cell: "" for what is not known, plain digits for numbers, a list with semicolons."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return LIST_SEPARATOR.join(value)
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


class _Reader(Generic[Fact]):
    """Reads one file and collects what is wrong with it."""

    def __init__(self, path: Path, table: Table[Fact], text: str) -> None:
        self.path = path
        self.table = table
        self.text = text
        self.problems: list[OrchestratorError] = []

    def read_rows(self, keep: Keep) -> Iterator[Row]:
        """The rows that `keep` wants; problems of the header end the reading, those of a row only the row."""
        lines = csv.reader(io.StringIO(self.text, newline=""), strict=True)
        try:
            header = [name.strip() for name in next(lines, [])]
            self._check_header(header)
            if self.problems:
                return
            yield from self._read_body(lines, header, keep)
        except csv.Error as error:
            source = Source.at(self.path, lines.line_num)
            self.problems.append(OrchestratorError(f"this is not CSV: {error}", hint="check the quotes", source=source))

    def _read_body(self, lines: Any, header: list[str], keep: Keep) -> Iterator[Row]:
        provider = header.index("provider")
        region = header.index("region") if "region" in header else None
        end = lines.line_num
        for values in lines:
            begin, end = end + 1, lines.line_num
            if not values:
                continue
            if len(values) != len(header):
                self._report_width(begin, len(values), len(header))
                continue
            name = find_provider(values[provider])
            if keep(name, "" if region is None else values[region].strip()):
                cells = dict(zip(header, map(str.strip, values), strict=True))
                cells["provider"] = name
                yield Row(begin, cells)

    def build(self, row: Row) -> Fact | None:
        """The fact that a row states; None, and each problem reported, where it states none."""
        if not self._check_cells(row):
            return None
        values: dict[str, Any] = {self.table.get_field(column): value for column, value in row.cells.items() if value}
        if "region" in self.table.key:
            values.setdefault("region", "")
        for column in self.table.lists:
            values[column] = split_list(row.cells.get(column, ""))
        if "origin" in self.table.model.model_fields:
            values["origin"] = Origin(Source.at(self.path, row.line))
        try:
            return self.table.model.model_validate(values)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self._report_detail(row, detail)
            return None

    def _check_cells(self, row: Row) -> bool:
        empty = [column for column in self.table.filled if not row.cells.get(column)]
        for column in empty:
            self.report(row, column, "is empty", "fill it in: no row can do without")
        misspelt = [
            (column, advice)
            for column, cell in row.cells.items()
            if cell and (advice := find_misspelling(column, cell))
        ]
        for column, advice in misspelt:
            self.report(row, column, f"is {row.cells[column]!r}", advice)
        return not empty and not misspelt

    def report(self, row: Row, column: str, what: str, hint: str) -> None:
        """Notes a problem of one cell."""
        source = Source.at(self.path, row.line, self._find_position(row, column))
        self.problems.append(OrchestratorError(f"column {column} {what}", hint=hint, source=source))

    def _check_header(self, header: list[str]) -> None:
        if not any(header):
            raise invalid(self.path, "is empty", f"its first line names the columns: {','.join(self.table.columns)}")
        if len(header) == 1 and ";" in header[0]:
            raise invalid(self.path, "is separated by semicolons", "separate its columns by commas")
        source = Source.at(self.path)
        for name in sorted(set(header) - set(self.table.columns)):
            message = f"unknown column {name!r}" if name else "a column has no name"
            hint = suggest(name, self.table.columns) if name else "remove it, or name it"
            self.problems.append(OrchestratorError(message, hint=hint, source=source))
        for name in sorted(name for name in set(header) if header.count(name) > 1):
            self.problems.append(OrchestratorError(f"column {name} is there twice", hint="keep one", source=source))
        for name in sorted(self.table.required - set(header)):
            hint = f"every file of this kind has it; {self.table.page} has an example"
            self.problems.append(OrchestratorError(f"column {name} is missing", hint=hint, source=source))

    def _report_width(self, line: int, width: int, expected: int) -> None:
        message = f"this line has {width} cells, the header has {expected}"
        hint = 'put cells that hold a comma between quotes, as in "Ashburn, VA"'
        self.problems.append(OrchestratorError(message, hint=hint, source=Source.at(self.path, line)))

    def _report_detail(self, row: Row, detail: ErrorDetails) -> None:
        if detail["loc"]:
            field = str(detail["loc"][0])
            column = next(name for name in self.table.columns if self.table.get_field(name) == field)
            self.report(row, column, *explain(detail))
        else:
            message = detail["msg"].removeprefix("Value error, ")
            self.problems.append(OrchestratorError(message, source=Source.at(self.path, row.line)))

    def _find_position(self, row: Row, column: str) -> int:
        """The character at which the cell of `column` begins in its line, from 1; 1 where quotes make that unclear."""
        return find_position(self._lines, row.line, column)

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.splitlines()


def locate_cell(path: Path, line: int, column: str) -> Source:
    """The place of a cell in a table that was read before; of its line where the column is not there."""
    return Source.at(path, line, find_position(read_text(path).splitlines(), line, column))


def find_position(lines: Sequence[str], line: int, column: str) -> int:
    """The character at which a cell begins in its line, from 1; 1 where quotes make that unclear."""
    text, header = lines[line - 1], [name.strip() for name in lines[0].split(",")]
    if '"' in text or column not in header:
        return 1
    return sum(len(cell) + 1 for cell in text.split(",")[: header.index(column)]) + 1


def split_list(cell: str) -> tuple[str, ...]:
    """The parts of a cell that holds a list, sorted, each once."""
    return tuple(sorted({part.strip() for part in cell.split(LIST_SEPARATOR)} - {""}))


# What to say of a cell, by pydantic's own name for what is wrong: the words, then the advice.
EXPLANATIONS = {
    "int_parsing": ("not a whole number", "write digits alone, such as 4"),
    "int_from_float": ("not a whole number", "write digits alone, such as 4"),
    "decimal_parsing": ("not a number", "write digits with a point, such as 12.50"),
    "float_parsing": ("not a number", "write digits with a point, such as 12.50"),
    "finite_number": ("not a number", "write digits with a point, such as 12.50"),
    "int_parsing_size": ("which is too large", "correct it"),
    "decimal_max_places": ("with more than {decimal_places} decimal places", "round it"),
    "string_pattern_mismatch": ("not a name as a catalogue has them", "write letters, digits and .:/+()-_ alone"),
    "string_too_long": ("longer than {max_length} characters", "write a shorter one"),
    "greater_than": ("but must be above {gt}", "correct it"),
    "greater_than_equal": ("but cannot be below {ge}", "correct it, or leave it empty where it is not known"),
    "less_than_equal": ("but cannot be above {le}", "correct it, or leave it empty where it is not known"),
}


def explain(detail: ErrorDetails) -> tuple[str, str]:
    """What is wrong with a cell, and what to do, from pydantic's account of it."""
    value, context = detail["input"], detail.get("ctx", {})
    if detail["type"] == "literal_error":
        known = str(context["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
        return f"is {value!r}, which is not known here", suggest(str(value), known)
    words, advice = EXPLANATIONS.get(detail["type"], (detail["msg"].removeprefix("Value error, "), "correct it"))
    return f"is {str(value)[:LONGEST_CELL_SHOWN]!r}, {words.format(**context)}", advice
