"""What all commands share on the command line: the spec and lock, the catalogue, the form of the answer."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

SPEC = click.argument("spec", type=click.Path(path_type=Path), default=Path("fleet.yaml"))
LOCK = click.option(
    "--lock", type=click.Path(path_type=Path), help="The lock; fleet.lock beside the spec if not given."
)
CATALOG = click.option(
    "--catalog", type=click.Path(path_type=Path), help="A folder of facts to add to the built-in catalogue."
)
CATALOG_ONLY = click.option(
    "--catalog-only",
    type=click.Path(path_type=Path),
    help="A folder of facts to use in place of the built-in catalogue.",
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
    "--rehearse", is_flag=True, help="On real machines of this computer, without any cloud account."
)
YES = click.option("--yes", is_flag=True, help="Do not ask.")
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="Say more on stderr.")


def spec_options(function: Function) -> Function:
    """The options of every command that reads a fleet."""
    for option in (VERBOSE, FORMAT, CATALOG_ONLY, CATALOG, LOCK, SPEC):
        function = option(function)
    return function


def print_json(value: Any) -> None:
    """The answer, for scripts."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_text(renderable: Any) -> None:
    """The answer, for people: as wide as the terminal, or wide enough for any table where there is none."""
    from rich.console import Console  # loaded only where something is drawn

    width = None if sys.stdout.isatty() else 160
    Console(width=width, highlight=False, soft_wrap=not sys.stdout.isatty()).print(renderable)
