"""orchestrator up: provision and configure what the lock says."""

from pathlib import Path

import click

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.options import REHEARSE, YES, print_json, spec_options
from orchestrator.cli.progress import show_progress
from orchestrator.report.up import describe_up, render_up
from orchestrator.workflows.deployment import open_deployment
from orchestrator.workflows.inputs import Where, read_inputs
from orchestrator.workflows.up import UpResult, up

DEFAULT_WAIT_SECONDS = 120.0
WAIT = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=DEFAULT_WAIT_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the clients to be in sync.",
)


@click.command("up", epilog="Example: orchestrator up fleet.yaml --rehearse")
@spec_options
@REHEARSE
@YES
@WAIT
@click.pass_context
def command(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    spec: Path,
    lock: Path | None,
    catalog: Path | None,
    catalog_only: Path | None,
    form: str,
    verbose: bool,
    rehearse: bool,
    yes: bool,
    wait: float,
) -> None:
    """Provision every machine of SPEC's lock with Pulumi, configure it with Ansible, and wait for its clients.

    Killed at any point, the same command run again goes on from there.
    Exit codes: 0 done, 2 usage or internal error, 3 some accounts or machines failed, 4 held back by a fence.
    """
    inputs = read_inputs(Where(spec, lock, catalog, catalog_only))
    deployment = open_deployment(inputs, rehearse)
    with show_progress() as tell:
        result = up(deployment, inputs, wait, tell)
    counts = {"resources changed": result.changes, "machines configured": result.configured}
    if form == "json":
        print_json(describe_up(result.lock, counts, result.failures, result.behind))
    else:
        click.echo(render_up(result.lock, counts, result.failures, result.behind))
    ctx.exit(find_exit_code(result))


def find_exit_code(result: UpResult) -> ExitCode:
    """How `up` ended."""
    return ExitCode.SOME_FAILED if result.failures or result.behind else ExitCode.DONE
