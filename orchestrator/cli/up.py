"""orchestrator up: provision and configure what the lock says."""

from dataclasses import replace

import click

from orchestrator.adapters.lease import hold_lease
from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.options import REHEARSE, TAKE_OVER, WAIT, Files, print_json, spec_options
from orchestrator.cli.progress import show_progress
from orchestrator.report.up import describe_up, render_up
from orchestrator.workflows.deployment import open_deployment
from orchestrator.workflows.inputs import read_inputs
from orchestrator.workflows.up import UpResult, up


@click.command("up", epilog="Example: orchestrator up fleet.yaml --rehearse")
@spec_options
@REHEARSE
@WAIT
@TAKE_OVER
@click.pass_context
def command(ctx: click.Context, *, files: Files, rehearse: bool, wait: float, take_over: bool) -> None:
    """Provision every machine of SPEC's lock with Pulumi, configure it with Ansible, and wait for its clients.

    Killed, the same command run again goes on from there; nothing is made twice.
    Exit codes: 0 done, 2 usage or internal error, 3 some accounts or machines failed, 4 held back by a fence.
    """
    inputs = read_inputs(files.where)
    deployment = open_deployment(inputs, rehearse)
    with hold_lease(deployment.scratch, "up", take_over=take_over) as lease, show_progress() as tell:
        result = up(replace(deployment, lease=lease), inputs, wait, tell)
    print_up(files.form, result)
    ctx.exit(find_exit_code(result))


def print_up(form: str, result: UpResult) -> None:
    """The result in the form asked for."""
    if form == "json":
        print_json(describe_up(result.summary))
    else:
        click.echo(render_up(result.summary))


def find_exit_code(result: UpResult) -> ExitCode:
    """How it ended; a held machine is said after all else was done."""
    if result.failures or result.behind or result.unplaced:
        return ExitCode.SOME_FAILED
    return ExitCode.HELD if result.held else ExitCode.DONE
