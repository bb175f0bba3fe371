"""orchestrator check: hold the lock against the policy and the spec."""

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.options import Files, print_json, spec_options
from orchestrator.model.plan import Finding
from orchestrator.report.findings import list_findings, render_findings
from orchestrator.workflows.check import check
from orchestrator.workflows.inputs import read_inputs


@click.command("check", epilog="Example: orchestrator check fleet.yaml --format json")
@spec_options
@click.pass_context
def command(ctx: click.Context, files: Files) -> None:
    """Hold SPEC's lock against its policy, the spec itself and its control plane; each finding at its file and line.

    Exit codes: 0 no errors, 1 findings of level error, 2 usage or internal error.
    """
    inputs = read_inputs(files.where)
    findings = check(inputs, datetime.now(UTC).date())
    if files.form == "json":
        print_json({"revision": inputs.lock and inputs.lock.header.revision, "findings": list_findings(findings)})
    else:
        click.echo(render_findings(findings), nl=False)
        click.echo(summarise(findings), err=True)
    ctx.exit(ExitCode.NOT_MET if any(finding.level == "error" for finding in findings) else ExitCode.DONE)


def summarise(findings: Sequence[Finding]) -> str:
    """How many findings of each level."""
    errors = sum(finding.level == "error" for finding in findings)
    return f"{errors} errors, {len(findings) - errors} warnings"
