"""The register of the forms in which a verdict is told: a new one is a file of its own and a line here."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from orchestrator.reconcile.verdict import Verdict

Renderer = Callable[[Verdict], str]

# By name the module and its function, loaded only when it is asked for: a check that prints text draws no maps.
FORMATS: Mapping[str, str] = {
    "text": "orchestrator.report.verdict:render_text",
    "json": "orchestrator.report.verdict:render_json",
    "markdown": "orchestrator.report.markdown:render_markdown",
    "sarif": "orchestrator.report.sarif:render_sarif",
    "junit": "orchestrator.report.junit:render_junit",
    "github": "orchestrator.report.github:render_github",
    "gitlab": "orchestrator.report.gitlab:render_gitlab",
}


def find_renderer(form: str) -> Renderer:
    """The function (verdict -> text) of a form; KeyError where there is none of that name."""
    module, _, function = FORMATS[form].partition(":")
    return cast("Renderer", getattr(import_module(module), function))
