"""orchestrator simulate: what the loss of each failure domain, or of a client, would take."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.inventory import INVENTORY, POLICY, name_files
from orchestrator.cli.options import Files, print_json, print_text, spec_options
from orchestrator.cli.threshold import NAKAMOTO
from orchestrator.model.domain import Domain
from orchestrator.model.plan import Finding
from orchestrator.model.requirement import Requirement
from orchestrator.reconcile.diversity import compute_diversity
from orchestrator.reconcile.requirements import find_unmet
from orchestrator.reconcile.standing import Standing
from orchestrator.report.blast_radius import describe_simulation, render_simulation
from orchestrator.report.diversity import render_diversity
from orchestrator.report.findings import render_findings
from orchestrator.workflows.inputs import read_inputs
from orchestrator.workflows.inventory import read_standing
from orchestrator.workflows.simulate import Simulation, read_lock_standing, simulate, solve_recoveries

DEFAULT_MOST = 20
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


class RequirementType(click.ParamType[Requirement]):
    """A requirement as NAME=LIMIT, or "recoverable"."""

    name = "requirement"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Requirement:
        """The requirement; a usage error that says what is wrong."""
        if isinstance(value, Requirement):
            return value
        try:
            return Requirement.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@dataclass(frozen=True)
class Question:
    """What is simulated, and what is required of it; `most` None solves for the recovery of every loss."""

    lose: tuple[Domain, ...]
    kinds: tuple[str, ...]
    require: tuple[Requirement, ...]
    most: int | None
    threshold: Fraction


@click.command("simulate", epilog="Example: orchestrator simulate fleet.yaml --per provider --require recoverable")
@spec_options
@INVENTORY
@POLICY
@click.option(
    "--lose", multiple=True, type=DomainType(), metavar="KIND=VALUE", help="Lose this, all that are given at once."
)
@click.option("--per", multiple=True, metavar="KIND", help="Lose domains of this kind only.")
@click.option(
    "--require",
    multiple=True,
    type=RequirementType(),
    metavar="WHAT",
    help="recoverable, or share, stake, nodes, broken, relocations or hours=LIMIT: exit 1 where a loss exceeds it.",
)
@click.option(
    "--recovery",
    "most",
    type=click.IntRange(min=0),
    default=DEFAULT_MOST,
    show_default=True,
    metavar="NUMBER",
    help="Solve for the recovery of the worst so many losses.",
)
@NAKAMOTO
@click.pass_context
def command(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    *,
    files: Files,
    inventory: Path | None,
    policy: Path | None,
    lose: tuple[Domain, ...],
    per: tuple[str, ...],
    require: tuple[Requirement, ...],
    most: int,
    threshold: Fraction,
) -> None:
    """Show what the loss of each domain would take: nodes and shares of each chain and group, rules, what recovers it.

    From SPEC and its lock, or from --inventory. Nothing is changed.
    Exit codes: 0 done, 1 a requirement is not met, 2 usage or internal error.
    """
    if lose and per:
        raise click.UsageError("--per goes with every domain, --lose with those named")
    solved = [str(each) for each in require if each.needs_recovery]
    question = Question(lose, per, require, None if solved else most, threshold)
    if inventory is None:
        if policy is not None:
            raise click.UsageError("--policy goes with --inventory; a spec has its own policy")
        inputs = read_inputs(files.where)
        standing, doubts = read_lock_standing(inputs), NO_DOUBTS
        simulation = solve_recoveries(inputs, simulate(standing, lose, per), question.most)
    else:
        if solved:
            raise click.UsageError(f"--require {solved[0]} needs a spec and its lock: an inventory cannot be placed")
        standing, doubts = read_standing(name_files(files.where, inventory, policy))
        simulation = simulate(standing, lose, per)
    ctx.exit(answer(files.form, simulation, standing, doubts, question))


def answer(
    form: str, simulation: Simulation, standing: Standing, doubts: tuple[Finding, ...], question: Question
) -> ExitCode:
    """Prints the losses; how the command then ends."""
    unmet = find_unmet(question.require, simulation.losses)
    metrics = compute_diversity(standing, question.threshold)
    if form == "json":
        print_json(describe_simulation(simulation.losses, simulation.pairs, unmet, metrics, doubts))
    else:
        click.echo(render_findings(doubts), nl=False, err=True)
        if not question.lose:
            click.echo(render_diversity(metrics) + "\n", nl=False)
        print_text(render_simulation(simulation.losses, simulation.pairs, unmet))
    return ExitCode.NOT_MET if unmet else ExitCode.DONE
