"""orchestrator place: decide where every node stands."""

import click

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.losses import LOSS
from orchestrator.cli.options import Files, print_json, print_text, spec_options
from orchestrator.model.declaration import Declaration
from orchestrator.model.loss import Loss
from orchestrator.report.plan import describe_plan, render_plan
from orchestrator.workflows.inputs import read_inputs
from orchestrator.workflows.place import place, write_placement


@click.command("place", epilog="Example: orchestrator place fleet.yaml --dry-run --lose account=hetzner-b")
@spec_options
@click.option("--dry-run", is_flag=True, help="Show the plan; write no lock.")
@click.option("--lose", multiple=True, type=LOSS, metavar="KIND=VALUE", help="A domain that is lost.")
@click.pass_context
def command(ctx: click.Context, files: Files, dry_run: bool, lose: tuple[Loss, ...]) -> None:
    """Decide where every node of SPEC stands, with as few moves as can be, and write the lock.

    Exit codes: 0 placed, 1 infeasible, partial, a rule had to give way or a fact is missing, 2 usage or internal error.
    """
    inputs = read_inputs(files.where)
    placement = place(inputs, Declaration(lose=lose))
    written = not dry_run and write_placement(inputs, placement)
    if files.form == "json":
        print_json(describe_plan(placement.plan))
    else:
        print_text(render_plan(placement.plan))
    if placement.lock is not None and not dry_run:
        path, revision = inputs.where.lock_path, placement.lock.header.revision
        click.echo(f"{path}: revision {revision}" if written else f"{path}: nothing to change ({revision})", err=True)
    ctx.exit(ExitCode.DONE if placement.plan.holds else ExitCode.NOT_MET)
