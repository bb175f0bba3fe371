"""orchestrator status: what is, against what should be."""

import time
from fractions import Fraction

import click

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.options import REHEARSE, Files, print_json, print_text, spec_options
from orchestrator.cli.threshold import NAKAMOTO
from orchestrator.report.status import describe_status, render_status
from orchestrator.workflows.deployment import find_deployment
from orchestrator.workflows.inputs import read_inputs
from orchestrator.workflows.status import fetch_status


@click.command("status", epilog="Example: orchestrator status fleet.yaml --rehearse")
@spec_options
@NAKAMOTO
@REHEARSE
@click.pass_context
def command(ctx: click.Context, files: Files, threshold: Fraction, rehearse: bool) -> None:
    """Probe every machine of SPEC's lock over SSH, and show sync and concentration against what is wanted.

    Exit codes: 0 all well, 1 not, 2 usage or internal error.
    """
    inputs = read_inputs(files.where)
    status = fetch_status(find_deployment(inputs, rehearse), inputs, time.time(), threshold)
    if files.form == "json":
        print_json(describe_status(status))
    else:
        print_text(render_status(status))
    ctx.exit(ExitCode.DONE if status.well else ExitCode.NOT_MET)
