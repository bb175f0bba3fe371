"""orchestrator rehearse: what happens to a rehearsal from outside."""

from collections.abc import Callable

import click

from orchestrator.adapters.rehearsal import change_rehearsal, clean_rehearsal, list_rehearsals
from orchestrator.cli.losses import LOSS
from orchestrator.cli.options import Files, Function, print_json, spec_options
from orchestrator.model.loss import Loss
from orchestrator.model.rehearsal import is_world_id
from orchestrator.report.rehearsals import render_environment, render_rehearsals
from orchestrator.workflows.deployment import find_rehearsal_of
from orchestrator.workflows.inputs import read_inputs


def take_values(*keys: str) -> Callable[[Function], Function]:
    """Three arguments of the form KEY=VALUE, in any order, as their values in the order of `keys`."""

    def read(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
        pairs = dict(text.partition("=")[::2] for text in given)
        if set(pairs) != set(keys) or not all(pairs.values()):
            raise click.BadParameter(f"write {' '.join(f'{key}=…' for key in keys)}, not {' '.join(given)}")
        return tuple(pairs[key] for key in keys)

    metavar = " ".join(f"{key}=VALUE" for key in keys)
    return click.argument("shortage", nargs=len(keys), callback=read, metavar=metavar)


@click.group("rehearse", epilog="Example: orchestrator rehearse lose account=hetzner-b")
def command() -> None:
    """Lose and heal failure domains of a rehearsal; list, look into and clean rehearsals.

    Exit codes: 0 done, 2 usage or internal error.
    """


@command.command("lose", epilog="Example: orchestrator rehearse lose account=hetzner-b fleet.yaml")
@click.argument("domain", type=LOSS, metavar="KIND=VALUE")
@spec_options
@click.option("--only", type=click.Choice(["api", "machines"]), help="Lose that part of the domain alone.")
def lose(domain: Loss, files: Files, only: str | None) -> None:
    """Lose a failure domain of SPEC's rehearsal: its machines halt, its API no longer answers."""
    change(files, "lose", str(domain), *(("--only", only) if only else ()))


@command.command("heal", epilog="Example: orchestrator rehearse heal account=hetzner-b fleet.yaml")
@click.argument("domain", type=LOSS, metavar="KIND=VALUE")
@spec_options
def heal(domain: Loss, files: Files) -> None:
    """Bring a lost failure domain of SPEC's rehearsal back, its machines as they were."""
    change(files, "heal", str(domain))


@command.command(
    "exhaust", epilog="Example: orchestrator rehearse exhaust provider=aws region=us-east-1 type=m7i.large"
)
@take_values("provider", "region", "type")
@spec_options
def exhaust(shortage: tuple[str, str, str], files: Files) -> None:
    """Have no machine of a type left in a region: SPEC's rehearsed cloud refuses to make more, those there stay."""
    change(files, "exhaust", *shortage)


@command.command(
    "restock", epilog="Example: orchestrator rehearse restock provider=aws region=us-east-1 type=m7i.large"
)
@take_values("provider", "region", "type")
@spec_options
def restock(shortage: tuple[str, str, str], files: Files) -> None:
    """Have machines of a type to give again in a region of SPEC's rehearsed cloud."""
    change(files, "restock", *shortage)


@command.command("quota", epilog="Example: orchestrator rehearse quota provider=gcp region=us-central1 vcpus=24")
@take_values("provider", "region", "vcpus")
@spec_options
def quota(shortage: tuple[str, str, str], files: Files) -> None:
    """Limit the vCPUs that each account of SPEC's rehearsed cloud may have in a region."""
    if not shortage[2].isdecimal():
        raise click.UsageError(f"vcpus={shortage[2]} is no number")
    change(files, "quota", *shortage)


@command.command("delay", epilog="Example: orchestrator rehearse delay 60 fleet.yaml")
@click.argument("seconds", type=click.FloatRange(min=0))
@spec_options
def delay(seconds: float, files: Files) -> None:
    """Have SPEC's rehearsed clouds say that a resource is made only SECONDS after they made it; 0 ends that."""
    change(files, "delay", str(seconds))


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
    if world is not None and not is_world_id(world):
        raise click.UsageError(f"{world!r} is no rehearsal's id; orchestrator rehearse list shows them")
    removed = clean_rehearsal(world)
    click.echo(f"removed: {', '.join(removed) or 'nothing, there was no rehearsal'}")


def change(files: Files, verb: str, *arguments: str) -> None:
    """Changes SPEC's rehearsal, and says what then runs."""
    inputs = read_inputs(files.where)
    folder = find_rehearsal_of(inputs).project.folder
    found = [world for world in change_rehearsal(verb, folder.name, *arguments) if world["id"] == folder.name]
    if files.form == "json":
        print_json(found)
    else:
        click.echo(render_rehearsals(found), nl=False)
