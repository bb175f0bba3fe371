"""--format: forms to files and folders, one printed, and what is refused."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from orchestrator.cli.forms import FORMS, FORMS_THERE_ARE, Form, tell
from orchestrator.model.errors import OrchestratorError
from orchestrator.report.formats import FOLDERS, FORMATS, find_folder_renderer, find_renderer
from tests.unit.report.moved_fleet import make_moved_verdict


def run(*arguments: str) -> Any:
    @click.command()
    @FORMS
    def command(forms: tuple[Form, ...]) -> None:
        tell(make_moved_verdict(), forms)

    return CliRunner().invoke(command, arguments)


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_is_there_and_says_something(form: str) -> None:
    assert find_renderer(form)(make_moved_verdict())


@pytest.mark.parametrize("form", FOLDERS)
def test_every_form_of_several_files_names_them(form: str) -> None:
    files = find_folder_renderer(form)(make_moved_verdict())
    assert files
    assert all(text and Path(name).name == name for name, text in files.items())


def test_files_and_folders_are_written_and_text_is_printed(tmp_path: Path) -> None:
    page, pictures = tmp_path / "check.html", tmp_path / "a" / "svg"
    done = run("--format", f"html={page}", "--format", f"svg={pictures}")
    assert done.exit_code == 0, done.output
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    names = {"blast-radius.svg", "map-after.svg", "map-before.svg", "shares.svg"}
    assert {path.name for path in pictures.iterdir()} == names
    assert "fleet.yaml:19:5: error" in done.output
    assert run("--format", f"svg={pictures}").exit_code == 0, "a folder that is there is used again"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "svg"), "svg names no folder: write svg=FOLDER"),
        (("--format", "html="), "html names no file: write html=FILE"),
        (("--format", "pdf"), f"there are {', '.join(FORMS_THERE_ARE)}"),
        (("--format", "html", "--format", "json"), "one form is printed"),
    ],
)
def test_what_cannot_be_is_refused(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_file_in_the_folders_place_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "svg").write_text("mine")
    with pytest.raises(OrchestratorError, match="svg is no folder") as error:
        tell(make_moved_verdict(), [Form("svg", tmp_path / "svg")])
    assert error.value.hint == "name a folder of your own"
    assert (tmp_path / "svg").read_text() == "mine"
