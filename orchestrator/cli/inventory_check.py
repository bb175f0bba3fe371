"""The answer of `check` to an inventory; apart, so that `check` of a lock loads nothing of it."""

from fractions import Fraction

import click

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.options import print_json, print_text
from orchestrator.report.distribution import describe_distributions, render_distributions
from orchestrator.report.diversity import describe_diversity, render_diversity
from orchestrator.report.findings import list_findings, render_findings
from orchestrator.workflows.inventory import InventoryFiles, check_inventory


def answer_check(files: InventoryFiles, form: str, threshold: Fraction) -> ExitCode:
    """Prints how the nodes of an inventory are distributed, and every finding; how the command then ends."""
    review = check_inventory(files, threshold)
    if form == "json":
        distributions = describe_distributions(review.distributions)
        found = {"findings": list_findings(review.findings), "metrics": describe_diversity(review.metrics)}
        print_json({"distributions": distributions, **found})
    else:
        print_text(render_distributions(review.distributions))
        click.echo("\n" + render_diversity(review.metrics), nl=False)
        if review.findings:
            click.echo()
            click.echo(render_findings(review.findings), nl=False)
    errors = any(finding.level == "error" for finding in review.findings)
    return ExitCode.NOT_MET if errors else ExitCode.DONE
