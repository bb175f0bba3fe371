"""orchestrator simulate: what the loss of each failure domain, or of a client, would take."""

from pathlib import Path
from typing import Any

import click

from orchestrator.cli.inventory import INVENTORY, POLICY, name_files
from orchestrator.cli.options import Files, print_json, print_text, spec_options
from orchestrator.model.domain import Domain
from orchestrator.model.plan import Finding
from orchestrator.report.blast_radius import describe_simulation, render_blast_radii
from orchestrator.report.findings import render_findings
from orchestrator.workflows.inputs import read_inputs
from orchestrator.workflows.inventory import read_standing
from orchestrator.workflows.simulate import read_lock_standing, simulate

NO_DOUBTS: tuple[Finding, ...] = ()  # a lock's facts are the catalogue's


class DomainType(click.ParamType[Domain]):
    """A domain as KIND=VALUE, a client role's too."""

    name = "domain"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Domain:
        """The domain; a usage error that says what is wrong."""
        if isinstance(value, Domain):
            return value
        try:
            return Domain.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("simulate", epilog="Example: orchestrator simulate fleet.yaml --lose country=DE --lose provider=aws")
@spec_options
@INVENTORY
@POLICY
@click.option(
    "--lose", multiple=True, type=DomainType(), metavar="KIND=VALUE", help="Lose this, all that are given at once."
)
def command(*, files: Files, inventory: Path | None, policy: Path | None, lose: tuple[Domain, ...]) -> None:
    """Show what the loss of each domain would take: nodes and shares of each chain and group, and rules broken.

    From SPEC and its lock, or from --inventory. Nothing is changed. Exit codes: 0 done, 2 usage or internal error.
    """
    if inventory is None:
        if policy is not None:
            raise click.UsageError("--policy goes with --inventory; a spec has its own policy")
        standing, doubts = read_lock_standing(read_inputs(files.where)), NO_DOUBTS
    else:
        standing, doubts = read_standing(name_files(files, inventory, policy))
    radii = simulate(standing, lose)
    if files.form == "json":
        print_json(describe_simulation(radii, doubts))
    else:
        click.echo(render_findings(doubts), nl=False, err=True)
        print_text(render_blast_radii(radii))
