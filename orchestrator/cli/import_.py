"""orchestrator import: write spec and lock for what already runs."""

from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from orchestrator.cli.options import Files, print_json, spec_options
from orchestrator.model.names import Name
from orchestrator.report.adoption import describe_import, render_import
from orchestrator.report.findings import render_findings
from orchestrator.workflows.adopt import import_inventory

NAME: TypeAdapter[str] = TypeAdapter(Name)


class NameType(click.ParamType[str]):
    """A fleet's name."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name; a usage error that says what is wrong."""
        try:
            return NAME.validate_python(str(value))
        except ValidationError as error:
            self.fail(error.errors(include_url=False)[0]["msg"].removeprefix("Value error, "), param, ctx)


@click.command("import", epilog="Example: orchestrator import --inventory inventory.csv --fleet rpc-prod")
@spec_options
@click.option(
    "--inventory", type=click.Path(path_type=Path), required=True, help="A CSV of what runs already (docs/import.md)."
)
@click.option("--fleet", type=NameType(), required=True, metavar="NAME", help="The name of the new fleet.")
def command(*, files: Files, inventory: Path, fleet: str) -> None:
    """Write SPEC, its lock and its hosts file for what an inventory lists; no node moves.

    Nothing that is there is written over. Exit codes: 0 done, 2 usage, bad input or internal error.
    """
    done = import_inventory(inventory, fleet, files.where)
    if files.form == "json":
        print_json(describe_import(done.files, done.names, done.lock, done.findings))
    else:
        click.echo(render_findings(done.findings), nl=False, err=True)
        click.echo(render_import(done.files, done.names, done.lock), nl=False)
