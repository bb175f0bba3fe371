"""orchestrator recover: rebuild a lost Pulumi state from the lock and from what the clouds have."""

from dataclasses import replace

import click

from orchestrator.adapters.lease import hold_lease
from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.options import REHEARSE, TAKE_OVER, Files, print_json, spec_options
from orchestrator.cli.progress import show_progress
from orchestrator.report.recover import describe_recovery, render_recovery
from orchestrator.workflows.deployment import open_deployment
from orchestrator.workflows.inputs import read_inputs
from orchestrator.workflows.recover import recover


@click.command("recover", epilog="Example: orchestrator recover fleet.yaml")
@spec_options
@REHEARSE
@TAKE_OVER
@click.pass_context
def command(ctx: click.Context, *, files: Files, rehearse: bool, take_over: bool) -> None:
    """Rebuild the Pulumi state of SPEC's stacks that have none, from the lock and from what the clouds have.

    Nothing in any cloud is changed, and no state that is there. Killed, the same command run again goes on from there.
    Exit codes: 0 all that the lock declares was found, 2 usage or internal error, 3 something is missing or failed.
    """
    inputs = read_inputs(files.where)
    deployment = open_deployment(inputs, rehearse)
    with hold_lease(deployment.scratch, "recover", take_over=take_over) as lease, show_progress() as tell:
        result = recover(replace(deployment, lease=lease), inputs, tell)
    if files.form == "json":
        print_json(describe_recovery(result.stacks, result.kept))
    else:
        click.echo(render_recovery(result.stacks, result.kept))
    ctx.exit(ExitCode.DONE if result.is_whole else ExitCode.SOME_FAILED)
