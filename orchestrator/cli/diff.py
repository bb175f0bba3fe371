"""orchestrator diff: what differs between two locks."""

from pathlib import Path

import click

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.options import FILE, FORMAT, print_json
from orchestrator.reconcile.lock_diff import compute_lock_diff
from orchestrator.report.lock_diff import describe_diff, render_diff
from orchestrator.workflows.inputs import Where
from orchestrator.workflows.lock_sides import read_side


@click.command("diff", epilog="Example: orchestrator diff origin/main HEAD")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B", default=".")
@click.option("--lock", type=FILE, default=Path("fleet.lock"), show_default=True, help="The lock's path in a commit.")
@FORMAT
@click.pass_context
def command(ctx: click.Context, *, before: str, after: str, lock: Path, form: str) -> None:
    """Tell what changes from A to B: locks, folders with one, or branches, tags and commits.

    One line a change. B is the lock of this folder if not given.
    Exit codes: 0 done, 2 usage or internal error.
    """
    where = Where(spec=lock, lock=lock)
    old, new = read_side(before, where), read_side(after, where)
    changes = compute_lock_diff(old, new)
    if form == "json":
        print_json(describe_diff(changes, old, new))
    else:
        click.echo(render_diff(changes), nl=False)
    ctx.exit(ExitCode.DONE)
