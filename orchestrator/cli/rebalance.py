"""orchestrator rebalance: restore the policy after a loss or a drain, or when what was lost came back."""

from collections.abc import Mapping
from dataclasses import replace

import click
from rich.console import Group as Lines
from rich.text import Text

from orchestrator.adapters.lease import hold_lease
from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.losses import LOSS, declare
from orchestrator.cli.options import REHEARSE, SECONDS, TAKE_OVER, WAIT, Files, print_json, print_text, spec_options
from orchestrator.cli.progress import show_progress
from orchestrator.cli.up import find_exit_code
from orchestrator.model.declaration import Declaration
from orchestrator.model.lock import MachineState
from orchestrator.model.loss import LOSS_KINDS, Loss, LossKind
from orchestrator.report.plan import describe_plan, render_plan
from orchestrator.report.rebalance import render_cost_difference, render_retirement
from orchestrator.report.up import describe_up, render_up
from orchestrator.workflows.deployment import find_deployment
from orchestrator.workflows.inputs import Inputs, read_inputs
from orchestrator.workflows.rebalance import Patience, Rebalance, plan_rebalance, rebalance
from orchestrator.workflows.settle import fetch_taints

DEFAULT_HOLD_SECONDS = 10.0
# The declaration that each kind of loss makes of the domains that --lose names.
DECLARED_BY: Mapping[str, str] = {
    "outage": "lose",
    "api": "cut_off",
    "terminated": "terminate",
    "compromised": "compromise",
}


@click.command("rebalance", epilog="Example: orchestrator rebalance fleet.yaml --lose account=hetzner-b")
@spec_options
@click.option("--lose", multiple=True, type=LOSS, metavar="KIND=VALUE", help="This domain is lost.")
@click.option("--heal", multiple=True, type=LOSS, metavar="KIND=VALUE", help="This domain, lost before, is back.")
@click.option(
    "--drain", multiple=True, type=LOSS, metavar="KIND=VALUE", help="This domain is to be left, and kept free."
)
@click.option("--cordon", multiple=True, type=LOSS, metavar="KIND=VALUE", help="This domain takes nothing new.")
@click.option("--uncordon", multiple=True, type=LOSS, metavar="KIND=VALUE", help="This domain is open again.")
@click.option(
    "--kind",
    type=click.Choice(LOSS_KINDS),
    help="What became of what is lost: it may come back (outage, if nothing is said), its API alone is down (api), the "
    "provider closed the account for good (terminated), or nobody may trust its machines (compromised).",
)
@click.option(
    "--confirm", metavar="NAME", help="The domain's name, in place of the question that terminated and compromised ask."
)
@click.option("--dry-run", is_flag=True, help="Show the plan; change nothing.")
@click.option(
    "--hold",
    type=SECONDS,
    default=DEFAULT_HOLD_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long a replacement must stay in sync before what it replaces is let go.",
)
@REHEARSE
@WAIT
@TAKE_OVER
@click.pass_context
def command(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    *,
    files: Files,
    lose: tuple[Loss, ...],
    heal: tuple[Loss, ...],
    drain: tuple[Loss, ...],
    cordon: tuple[Loss, ...],
    uncordon: tuple[Loss, ...],
    kind: LossKind | None,
    confirm: str | None,
    dry_run: bool,
    hold: float,
    rehearse: bool,
    wait: float,
    take_over: bool,
) -> None:
    """Place SPEC again with the fewest moves that restore its policy, and carry that out.

    Killed, the same command run again goes on from there; nothing is made twice.
    Exit codes: 0 done, 2 usage or internal error, 3 some part failed or could not be placed, 4 held back by a fence.
    """
    if kind is not None and not lose:
        raise click.UsageError("--kind says what became of what --lose names: name a domain with --lose")
    declared = declare(
        **{DECLARED_BY[kind or "outage"]: lose}, heal=heal, drain=drain, cordon=cordon, uncordon=uncordon
    )
    inputs = read_inputs(files.where)
    planned = plan_rebalance(inputs, declared, fetch_taints(inputs, rehearse))
    if files.form == "text":
        print_text(Lines(render_plan(planned.plan), Text(render_cost_difference(planned.before, planned.plan))))
    if dry_run or planned.placement.lock is None:
        if files.form == "json":
            print_json(describe_plan(planned.plan))
        ctx.exit(ExitCode.DONE if planned.placement.lock else ExitCode.SOME_FAILED)
    confirm_destruction(inputs, planned, declared, confirm)
    deployment = find_deployment(inputs, rehearse)
    with hold_lease(deployment.scratch, "rebalance", take_over=take_over) as lease, show_progress() as tell:
        done = rebalance(replace(deployment, lease=lease), inputs, planned, Patience(wait, hold), tell)
    result = done.up
    if files.form == "json":
        print_json(
            {
                "plan": describe_plan(planned.plan),
                "cost_before": str(planned.before),
                "result": describe_up(result.summary),
                "retired": {line.retired: line.evidence for line in done.retired},
                "waiting": done.waiting,
            }
        )
    else:
        click.echo(render_retirement(done.retired, done.waiting), nl=bool(done.retired or done.waiting))
        click.echo(render_up(result.summary))
    ctx.exit(ExitCode.SOME_FAILED if planned.plan.gives_way else find_exit_code(result))


def confirm_destruction(inputs: Inputs, planned: Rebalance, declared: Declaration, confirm: str | None) -> None:
    """Has the name of each domain typed whose machines are to be given up; what the lock says already is not asked."""
    header = inputs.lock.header if inputs.lock else None
    ended, compromised = ((header.terminated or ()), (header.compromised or ())) if header else ((), ())
    for domain in declared.terminate:
        if domain.value not in ended:
            count = len(inputs.lock.get_machines(domain.value)) if inputs.lock else 0
            ask(f"This gives up {count} machines of account {domain.value}, with their data, for good", domain, confirm)
    for domain in declared.compromise:
        if str(domain) not in compromised:
            marked = [each.machine for each in planned.plan.machines if each.machine.compromised == str(domain)]
            count = sum(machine.state is MachineState.RETIRING for machine in marked)
            ask(f"This deletes {count} machines in {domain}, with their data, for good", domain, confirm)


def ask(what: str, domain: Loss, confirm: str | None) -> None:
    """Has the domain's name typed; a usage error where it is another."""
    typed = confirm or click.prompt(f"{what}. Type its name, {domain.value}", err=True)
    if typed != domain.value:
        raise click.UsageError(f"{typed!r} is not the {domain.kind}'s name; nothing was changed")
