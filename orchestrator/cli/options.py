"""What commands share on the command line: the fleet's files, the form of the answer, rehearsal or production."""

import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from orchestrator.workflows.inputs import Where

Function = Callable[..., Any]

WIDTH_WITHOUT_TERMINAL = 160
DEFAULT_WAIT_SECONDS = 120.0

# Whether a file can be read is found out where it is read, so that every file is spoken of in the same words.
FILE = click.Path(path_type=Path, readable=False)
SPEC = click.argument("spec", type=FILE, default=Path("fleet.yaml"))
FILE_OPTIONS = (
    click.option("--lock", type=FILE, help="The lock; fleet.lock beside the spec if not given."),
    click.option("--catalog", type=FILE, help="Facts to add to the built-in catalogue."),
    click.option("--catalog-only", type=FILE, help="Facts in place of the built-in catalogue."),
)
FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the answer.",
)
REHEARSE = click.option(
    "--rehearse",
    is_flag=True,
    envvar="ORCHESTRATOR_REHEARSE",
    help="On machines of this computer, without any cloud account. Also by ORCHESTRATOR_REHEARSE=1.",
)


class SecondsType(click.FloatRange):
    """A time to wait, in seconds; "nan" is no time, and "inf" would never end."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; a usage error that says what is wrong."""
        seconds: float = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{value} is no number of seconds", param, ctx)
        return seconds


SECONDS = SecondsType(min=0)
YES = click.option("--yes", is_flag=True, help="Do not ask.")
TAKE_OVER = click.option(
    "--take-over",
    is_flag=True,
    help="Take the fleet from a command on another computer that you know to run no more.",
)
WAIT = click.option(
    "--wait",
    type=SECONDS,
    default=DEFAULT_WAIT_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the clients to be in sync.",
)


@dataclass(frozen=True)
class Files:
    """The fleet's files and the form of the answer, as every command takes them."""

    where: Where
    form: str


def where_options(function: Function) -> Function:
    """Gives a command the spec, lock and catalogue options, together as its parameter `where`."""

    @wraps(function)
    def with_where(  # one parameter an option
        *arguments: Any,
        spec: Path,
        lock: Path | None,
        catalog: Path | None,
        catalog_only: Path | None,
        **others: Any,
    ) -> Any:
        return function(*arguments, where=Where(spec, lock, catalog, catalog_only), **others)

    decorated: Function = with_where
    for option in (*reversed(FILE_OPTIONS), SPEC):
        decorated = option(decorated)
    return decorated


def spec_options(function: Function) -> Function:
    """Gives a command the same and the format option, together as its parameter `files`."""

    @wraps(function)
    def with_files(*arguments: Any, where: Where, form: str, **others: Any) -> Any:
        return function(*arguments, files=Files(where, form), **others)

    return where_options(FORMAT(with_files))


def print_json(value: Any) -> None:
    """The answer, for scripts."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_text(renderable: Any) -> None:
    """The answer, for people: as wide as the terminal, or wide enough for any table where there is none."""
    rich = import_module("rich.console")  # loaded only where something is drawn
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdigit() else None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL
    rich.Console(width=width, highlight=False).print(renderable)
