"""orchestrator check: hold the lock against the policy and the spec."""

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import click

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.inventory import INVENTORY, POLICY, name_files
from orchestrator.cli.options import REHEARSE, Files, print_json, spec_options
from orchestrator.cli.threshold import NAKAMOTO
from orchestrator.model.plan import Finding
from orchestrator.report.diversity import describe_diversity, render_diversity
from orchestrator.report.findings import list_findings, render_findings
from orchestrator.workflows.check import check, measure
from orchestrator.workflows.inputs import read_inputs


@click.command("check", epilog="Example: orchestrator check fleet.yaml --format json")
@spec_options
@INVENTORY
@POLICY
@click.option("--live", is_flag=True, help="Ask the clouds too: do their quotas leave room for the worst single loss?")
@NAKAMOTO
@REHEARSE
@click.pass_context
def command(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    *,
    files: Files,
    inventory: Path | None,
    policy: Path | None,
    live: bool,
    threshold: Fraction,
    rehearse: bool,
) -> None:
    """Hold SPEC's lock against its policy, the spec itself and its control plane; each finding at its file and line.

    With --inventory show how what runs already is concentrated, and hold it against the --policy of a file.
    Exit codes: 0 no errors, 1 findings of level error, 2 usage or internal error.
    """
    if inventory is not None:
        answer = import_module("orchestrator.cli.inventory_check").answer_check
        ctx.exit(answer(name_files(files, inventory, policy), files.form, threshold))
    if policy is not None:
        raise click.UsageError("--policy goes with --inventory; a spec has its own policy")
    inputs = read_inputs(files.where)
    findings = check(inputs, datetime.now(UTC))
    if live:  # the solver and the engine are loaded for it alone
        check_headroom = import_module("orchestrator.workflows.headroom").check_headroom
        find_deployment = import_module("orchestrator.workflows.deployment").find_deployment
        findings += check_headroom(find_deployment(inputs, rehearse), inputs)
    metrics = measure(inputs, threshold)
    if files.form == "json":
        revision = inputs.lock and inputs.lock.header.revision
        found = {"findings": list_findings(findings), "metrics": describe_diversity(metrics)}
        print_json({"revision": revision, **found})
    else:
        click.echo(render_findings(findings), nl=False)
        click.echo(("\n" if findings else "") + render_diversity(metrics), nl=False)
        click.echo(summarise(findings), err=True)
    ctx.exit(ExitCode.NOT_MET if any(finding.level == "error" for finding in findings) else ExitCode.DONE)


def summarise(findings: Sequence[Finding]) -> str:
    """How many findings of each level."""
    errors = sum(finding.level == "error" for finding in findings)
    return f"{count_of(errors, 'error')}, {count_of(len(findings) - errors, 'warning')}"


def count_of(number: int, noun: str) -> str:
    """A number of things: "1 error", "2 errors"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
