"""The Pulumi tool chain as set-up makes it, with the real engine: a program with a dynamic resource, up and down."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.pulumi.ensure import ensure_pulumi

pytestmark = [pytest.mark.engine, pytest.mark.build]

PROGRAM = """
import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider


class Words(ResourceProvider):
    def create(self, props):
        with open(props["path"], "w") as file:
            file.write(props["word"])
        return CreateResult("id-1", props)

    def diff(self, id, olds, news):
        return DiffResult(changes=olds["word"] != news["word"])

    def delete(self, id, props):
        import os

        os.unlink(props["path"])


class Word(Resource):
    word: pulumi.Output[str]


config = pulumi.Config()
resource = Word(Words(), "word", {"path": config.require("path"), "word": config.require_secret("word")})
pulumi.export("word", resource.word)
"""


class Project:
    """A project in a folder of its own, with its own backend and Pulumi home."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "backend").mkdir()
        (folder / "__main__.py").write_text(PROGRAM)
        virtualenv = Path(sys.prefix)
        (folder / "Pulumi.yaml").write_text(
            f"name: scratch\nruntime:\n  name: python\n  options:\n    virtualenv: {virtualenv}\n"
        )
        self.environment = {
            **os.environ,
            "PATH": f"{ensure_pulumi(print)}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": "a passphrase",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def pulumi(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def test_program_goes_up_stays_and_goes_down(tmp_path: Path) -> None:
    project = Project(tmp_path)
    written = tmp_path / "written"
    for arguments in (
        ("stack", "init", "one"),
        ("config", "set", "path", str(written)),
        ("config", "set", "--secret", "word", "hello"),
        ("up", "--yes", "--skip-preview"),
    ):
        done = project.pulumi(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    assert written.read_text() == "hello"
    assert project.pulumi("stack", "output", "word", "--show-secrets").stdout.strip() == "hello"

    again = project.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr

    project.pulumi("config", "set", "--secret", "word", "changed")
    changed = project.pulumi("preview", "--expect-no-changes")
    assert changed.returncode != 0

    down = project.pulumi("destroy", "--yes", "--skip-preview")
    assert down.returncode == 0, down.stdout + down.stderr
    assert not written.exists()


def test_failing_program_shows_its_error_once(tmp_path: Path) -> None:
    project = Project(tmp_path)
    (tmp_path / "__main__.py").write_text('raise RuntimeError("no such thing")\n')
    assert project.pulumi("stack", "init", "one").returncode == 0
    done = project.pulumi("preview")
    assert done.returncode != 0
    assert done.stdout.count("RuntimeError: no such thing") + done.stderr.count("RuntimeError: no such thing") == 1
