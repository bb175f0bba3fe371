"""--format of a command whose answer can be had in several forms at once, each printed or written to a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from orchestrator.documents.text_file import write_text
from orchestrator.reconcile.verdict import Verdict
from orchestrator.report.formats import FORMATS, find_renderer


@dataclass(frozen=True)
class Form:
    """A form, and the file that it goes to; None is printed."""

    name: str
    path: Path | None = None


PRINTED = Form("text")


class FormType(click.ParamType[Form]):
    """A form as NAME, or as NAME=PATH."""

    name = "form"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Form:
        """The form; a usage error that says what is wrong."""
        if isinstance(value, Form):
            return value
        name, equals, path = str(value).partition("=")
        if name not in FORMATS:
            self.fail(f"{name!r} is no form: there are {', '.join(FORMATS)}", param, ctx)
        if equals and not path:
            self.fail(f"{name}= names no file", param, ctx)
        return Form(name, Path(path) if path else None)


FORMS = click.option(
    "--format",
    "forms",
    type=FormType(),
    multiple=True,
    metavar="FORM[=PATH]",
    help=f"Form of the answer, any number of times: {', '.join(FORMATS)}; with =PATH into a file.",
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
            write_text(form.path, find_renderer(form.name)(verdict))
    click.echo(find_renderer(printed.name)(verdict), nl=False)
