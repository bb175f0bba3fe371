"""orchestrator down: remove the fleet's machines."""

from dataclasses import replace

import click

from orchestrator.adapters.lease import hold_lease
from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.options import REHEARSE, TAKE_OVER, YES, Files, print_json, spec_options
from orchestrator.cli.progress import show_progress
from orchestrator.report.down import describe_down, render_down
from orchestrator.workflows.deployment import find_deployment
from orchestrator.workflows.down import down
from orchestrator.workflows.inputs import read_inputs


@click.command("down", epilog="Example: orchestrator down fleet.yaml --rehearse --yes")
@spec_options
@REHEARSE
@YES
@click.option("--delete-data", is_flag=True, help="Delete the data volumes too; asks for the fleet's name.")
@click.option("--confirm", metavar="FLEET", help="The fleet's name, in place of the question that --delete-data asks.")
@TAKE_OVER
@click.pass_context
def command(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    *,
    files: Files,
    rehearse: bool,
    yes: bool,
    delete_data: bool,
    confirm: str | None,
    take_over: bool,
) -> None:
    """Remove every machine of SPEC; data volumes stay, protected, unless --delete-data is given.

    Exit codes: 0 done, 2 usage or internal error, 3 some accounts failed.
    """
    inputs = read_inputs(files.where)
    name = inputs.fleet.name
    if delete_data:
        typed = confirm or click.prompt(f"This deletes all data of fleet {name}. Type its name", err=True)
        if typed != name:
            raise click.UsageError(f"{typed!r} is not the fleet's name; nothing was deleted")
    elif not yes:
        click.confirm(f"Remove all machines of fleet {name}? Their data volumes stay.", abort=True, err=True)
    deployment = find_deployment(inputs, rehearse)
    with hold_lease(deployment.scratch, "down", take_over=take_over) as lease, show_progress() as tell:
        results = down(replace(deployment, lease=lease), inputs, tell, delete_data=delete_data)
    if files.form == "json":
        print_json(describe_down(results))
    else:
        click.echo(render_down(results))
    ctx.exit(ExitCode.SOME_FAILED if any(result.error for result in results.values()) else ExitCode.DONE)
