"""The register of the forms in which a verdict is told: a new one is a file of its own and a line here."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from orchestrator.reconcile.verdict import Verdict

Renderer = Callable[[Verdict], str]
FolderRenderer = Callable[[Verdict], Mapping[str, str]]

# By name the module and its function, loaded only when it is asked for: a check that prints text draws no maps.
FORMATS: Mapping[str, str] = {
    "text": "orchestrator.report.verdict:render_text",
    "json": "orchestrator.report.verdict:render_json",
    "markdown": "orchestrator.report.markdown:render_markdown",
    "sarif": "orchestrator.report.sarif:render_sarif",
    "junit": "orchestrator.report.junit:render_junit",
    "github": "orchestrator.report.github:render_github",
    "gitlab": "orchestrator.report.gitlab:render_gitlab",
    "html": "orchestrator.report.html:render_page",
}

# Those that are several files: their function gives each file's name and text.
FOLDERS: Mapping[str, str] = {"svg": "orchestrator.report.pictures.files:render_pictures"}


def find_renderer(form: str) -> Renderer:
    """The function (verdict -> text) of a form; KeyError where there is none of that name."""
    return cast("Renderer", _load(FORMATS[form]))


def find_folder_renderer(form: str) -> FolderRenderer:
    """The function (verdict -> texts by the files' names) of a form that is a folder; KeyError where there is none."""
    return cast("FolderRenderer", _load(FOLDERS[form]))


def _load(place: str) -> object:
    module, _, function = place.partition(":")
    found: object = getattr(import_module(module), function)
    return found
