"""orchestrator ci: check a change in a CI, and tell its pull request."""

import os
from pathlib import Path

import click

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.workflows.ci import find_run, is_forbidden, run_ci

DONE = {
    "created": "wrote the comment",
    "updated": "updated the comment",
    "unchanged": "the comment says it already",
    "silent": "nothing changes for the fleet: no comment",
}


@click.command("ci", epilog="Example: orchestrator ci fleet.yaml -- --fail-on warning")
@click.argument("spec", default="fleet.yaml")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--reports",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("check-reports"),
    show_default=True,
    help="The folder for the reports.",
)
@click.pass_context
def command(ctx: click.Context, *, spec: str, arguments: tuple[str, ...], reports: Path) -> None:
    """Run check on the change that this run of GitHub Actions or GitLab CI is of, and tell its pull request.

    ARGUMENTS after -- go to check. Exit codes: 0 no errors, 1 findings that count, 2 usage or internal error,
    3 no errors, but the host could not be told.
    """
    if spec.startswith("-"):
        raise click.UsageError("write the spec first: orchestrator ci fleet.yaml -- ARGUMENTS")
    result = run_ci(find_run(os.environ), str(Path(spec)), arguments, reports)
    if result.comment is not None:
        click.echo(DONE[result.comment], err=True)
    if result.code == ExitCode.DONE and not is_forbidden(result.failures):
        ctx.exit(ExitCode.SOME_FAILED)
    ctx.exit(result.code)
