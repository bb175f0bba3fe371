"""orchestrator rehearse: what happens to a rehearsal from outside."""

import click

from orchestrator.adapters.rehearsal import change_rehearsal, clean_rehearsal, list_rehearsals
from orchestrator.cli.losses import LOSS
from orchestrator.cli.options import Files, print_json, spec_options
from orchestrator.model.loss import Loss
from orchestrator.report.rehearsals import render_environment, render_rehearsals
from orchestrator.workflows.deployment import find_rehearsal_of
from orchestrator.workflows.inputs import read_inputs


@click.group("rehearse", epilog="Example: orchestrator rehearse lose account=hetzner-b")
def command() -> None:
    """Lose and heal failure domains of a rehearsal; list, look into and clean rehearsals.

    Exit codes: 0 done, 2 usage or internal error.
    """


@command.command("lose", epilog="Example: orchestrator rehearse lose account=hetzner-b fleet.yaml")
@click.argument("domain", type=LOSS, metavar="KIND=VALUE")
@spec_options
def lose(domain: Loss, files: Files) -> None:
    """Lose a failure domain of SPEC's rehearsal: its machines halt, its API no longer answers."""
    change("lose", domain, files)


@command.command("heal", epilog="Example: orchestrator rehearse heal account=hetzner-b fleet.yaml")
@click.argument("domain", type=LOSS, metavar="KIND=VALUE")
@spec_options
def heal(domain: Loss, files: Files) -> None:
    """Bring a lost failure domain of SPEC's rehearsal back, its machines as they were."""
    change("heal", domain, files)


@command.command("list", epilog="Example: orchestrator rehearse list --format json")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_all(form: str) -> None:
    """List every rehearsal of this user, its machines and what it has lost."""
    found = list_rehearsals()
    if form == "json":
        print_json(found)
    else:
        click.echo(render_rehearsals(found), nl=False)


@command.command("env", epilog='Example: eval "$(orchestrator rehearse env fleet.yaml)"; pulumi preview -s hetzner-a')
@spec_options
def env(files: Files) -> None:
    """Print the environment in which plain `pulumi` works on SPEC's rehearsal."""
    deployment = find_rehearsal_of(read_inputs(files.where))
    environment = deployment.project.build_environment()
    if files.form == "json":
        print_json({"folder": str(deployment.project.folder), "environment": environment})
    else:
        click.echo(render_environment(deployment.project.folder, environment), nl=False)


@command.command("clean", epilog="Example: orchestrator rehearse clean --all")
@click.option("--all", "everything", is_flag=True, help="Every rehearsal of this user.")
@click.argument("world", required=False)
def clean(everything: bool, world: str | None) -> None:
    """Remove the rehearsal with the id WORLD (see list), or all: machines, bridges, folders."""
    if everything == (world is not None):
        raise click.UsageError("name one rehearsal, or say --all")
    removed = clean_rehearsal(world)
    click.echo(f"removed: {', '.join(removed) or 'nothing, there was no rehearsal'}")


def change(verb: str, domain: Loss, files: Files) -> None:
    """Loses or heals, and says what then runs."""
    inputs = read_inputs(files.where)
    folder = find_rehearsal_of(inputs).project.folder
    found = [world for world in change_rehearsal(verb, folder.name, str(domain)) if world["id"] == folder.name]
    if files.form == "json":
        print_json(found)
    else:
        click.echo(render_rehearsals(found), nl=False)
