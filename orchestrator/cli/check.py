"""orchestrator check: hold the lock, and a change of it, against the policy and the spec."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import get_args

import click

from orchestrator.adapters.baseline import read_baseline, write_baseline
from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.forms import FORMS, Form, pick_printed, tell
from orchestrator.cli.inventory import INVENTORY, POLICY, name_files
from orchestrator.cli.options import FILE, REHEARSE, where_options
from orchestrator.cli.threshold import NAKAMOTO
from orchestrator.model.plan import Finding
from orchestrator.reconcile.verdict import FailOn, Verdict
from orchestrator.report.findings import count_of
from orchestrator.workflows.compare import Demand, compare, list_for_baseline
from orchestrator.workflows.inputs import Inputs, Where, read_inputs


@dataclass(frozen=True)
class BaselineOption:
    """The baseline's file, and whether it is written before it is read."""

    path: Path | None
    write: bool


@click.command("check", epilog="Example: orchestrator check fleet.yaml --base origin/main --format json=check.json")
@where_options
@click.option(
    "--base", metavar="REF|PATH", help="Compare with the commit where HEAD left this branch, or with another spec."
)
@click.option(
    "--fail-on",
    type=click.Choice(get_args(FailOn)),
    default="error",
    show_default=True,
    help="The level from which a finding leads to exit code 1.",
)
@click.option("--all-findings", is_flag=True, help="With --base, count findings too that the base has.")
@click.option("--baseline", type=FILE, help="A file of findings that do not count.")
@click.option("--write-baseline", is_flag=True, help="Write the findings that there are now to the --baseline.")
@FORMS
@INVENTORY
@POLICY
@click.option("--live", is_flag=True, help="Ask the clouds too: do their quotas leave room for the worst single loss?")
@NAKAMOTO
@REHEARSE
@click.pass_context
def command(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    *,
    where: Where,
    base: str | None,
    fail_on: FailOn,
    all_findings: bool,
    baseline: Path | None,
    write_baseline: bool,
    forms: tuple[Form, ...],
    inventory: Path | None,
    policy: Path | None,
    live: bool,
    threshold: Fraction,
    rehearse: bool,
) -> None:
    """Hold SPEC's lock against its policy, the spec itself and its control plane; each finding at its file and line.

    With --base say what a change does to the fleet; only findings that the base does not have count then.
    With --inventory show how what runs already is concentrated, and hold it against the --policy of a file.
    Exit codes: 0 no errors, 1 findings of level error (or of --fail-on), 2 usage or internal error.
    """
    printed = pick_printed(forms)
    if inventory is not None:
        if base or baseline or write_baseline or all_findings or any(form.path for form in forms):
            raise click.UsageError("--inventory is printed as text or json, and compared with nothing")
        if printed.name not in ("text", "json"):
            raise click.UsageError(f"--inventory has no form {printed.name}")
        answer = import_module("orchestrator.cli.inventory_check").answer_check
        ctx.exit(answer(name_files(where, inventory, policy), printed.name, threshold))
    if policy is not None:
        raise click.UsageError("--policy goes with --inventory; a spec has its own policy")
    inputs = read_inputs(where)
    demand = Demand(base, fail_on, "all" if all_findings else "new", threshold=threshold)
    demand = replace(demand, extra=ask_clouds(inputs, rehearse) if live else ())
    verdict = judge(inputs, demand, BaselineOption(baseline, write_baseline))
    tell(verdict, forms)
    if printed.name == "text":
        click.echo(summarise(verdict), err=True)
    ctx.exit(ExitCode.NOT_MET if verdict.blocking else ExitCode.DONE)


def ask_clouds(inputs: Inputs, rehearse: bool) -> tuple[Finding, ...]:
    """What the clouds' quotas leave no room for; the solver and the engine are loaded for it alone."""
    check_headroom = import_module("orchestrator.workflows.headroom").check_headroom
    find_deployment = import_module("orchestrator.workflows.deployment").find_deployment
    found: tuple[Finding, ...] = tuple(check_headroom(find_deployment(inputs, rehearse), inputs))
    return found


def judge(inputs: Inputs, demand: Demand, baseline: BaselineOption) -> Verdict:
    """The verdict, with what the baseline excuses; the baseline is written first where that is asked for."""
    now = datetime.now(UTC)
    if baseline.path is None:
        if baseline.write:
            raise click.UsageError("--write-baseline goes with --baseline, which names the file")
        return compare(inputs, demand, now)
    if baseline.write:
        write_baseline(baseline.path, list_for_baseline(compare(inputs, demand, now)))
    return compare(inputs, replace(demand, baseline=read_baseline(baseline.path)), now)


def summarise(verdict: Verdict) -> str:
    """How many findings of each level there are, and how many of them are new where that says more."""
    there = [each.finding for each in verdict.findings if each.became != "fixed"]
    counts = count_levels(there)
    if verdict.base is None:
        return counts
    new = [each.finding for each in verdict.findings if each.became == "new"]
    fixed = sum(each.became == "fixed" for each in verdict.findings)
    return f"{counts}; new: {count_levels(new)}; {fixed} fixed"


def count_levels(findings: Sequence[Finding]) -> str:
    """Such as "1 error, 2 warnings"."""
    errors = sum(finding.level == "error" for finding in findings)
    return f"{count_of(errors, 'error')}, {count_of(len(findings) - errors, 'warning')}"
