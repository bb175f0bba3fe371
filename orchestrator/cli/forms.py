"""--format of a command whose answer can be had in several forms at once, each printed or written to a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from orchestrator.documents.text_file import write_text
from orchestrator.model.errors import OrchestratorError
from orchestrator.model.line import escape_line
from orchestrator.model.source import Source
from orchestrator.reconcile.verdict import Verdict
from orchestrator.report.formats import FOLDERS, FORMATS, find_folder_renderer, find_renderer


@dataclass(frozen=True)
class Form:
    """A form, and the file that it goes to; None is printed."""

    name: str
    path: Path | None = None


PRINTED = Form("text")
FORMS_THERE_ARE = (*FORMATS, *FOLDERS)


class FormType(click.ParamType[Form]):
    """A form as NAME, or as NAME=PATH."""

    name = "form"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Form:
        """The form; a usage error that says what is wrong."""
        if isinstance(value, Form):
            return value
        name, equals, path = str(value).partition("=")
        if name not in FORMS_THERE_ARE:
            self.fail(f"{name!r} is no form: there are {', '.join(FORMS_THERE_ARE)}", param, ctx)
        if (equals or name in FOLDERS) and not path:
            what = "folder" if name in FOLDERS else "file"
            self.fail(f"{name} names no {what}: write {name}={what.upper()}", param, ctx)
        return Form(name, Path(path) if path else None)


FORMS = click.option(
    "--format",
    "forms",
    type=FormType(),
    multiple=True,
    metavar="FORM[=PATH]",
    help=f"Form of the answer, any number of times: {', '.join(FORMS_THERE_ARE)}; =PATH is a file, of svg a folder.",
)


def pick_printed(forms: Sequence[Form]) -> Form:
    """The one form that is printed: text where all others go to files; a usage error where there are two."""
    printed = [form for form in forms if form.path is None]
    if len(printed) > 1:
        raise click.UsageError("one form is printed: give the others a file, as in --format json=check.json")
    return printed[0] if printed else PRINTED


def tell(verdict: Verdict, forms: Sequence[Form]) -> None:
    """Writes every file whole, then prints."""
    printed = pick_printed(forms)
    for form in forms:
        if form.path is not None:
            write(verdict, form.name, form.path)
    click.echo(find_renderer(printed.name)(verdict), nl=False)


def write(verdict: Verdict, form: str, path: Path) -> None:
    """Writes one form to its file, or to the files of its folder, which is made where it is not there."""
    if form not in FOLDERS:
        write_text(path, find_renderer(form)(verdict))
        return
    make_folder(path)
    for name, text in find_folder_renderer(form)(verdict).items():
        write_text(path / name, text)


def make_folder(path: Path) -> None:
    """Makes the folder and those above it; OrchestratorError where that cannot be done."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{escape_line(path.name)} is no folder and cannot be made one: {error.strerror or error}"
        raise OrchestratorError(message, hint="name a folder of your own", source=Source.at(path)) from error
