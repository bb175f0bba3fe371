"""The steps of the repository's CI files, run as their hosts run them: values in the environment, a script for bash."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.unit.docs.pages import CHECKOUT

ACTION = CHECKOUT / ".github" / "actions" / "check" / "action.yml"
TEMPLATE = CHECKOUT / ".gitlab" / "check.yml"
HOOKS = CHECKOUT / ".pre-commit-hooks.yaml"
EXPRESSION = re.compile(r"\$\{\{ ([a-z_]+)\.([a-z_-]+) \}\}")
INPUT = re.compile(r"\$\[\[ inputs\.([a-z-]+) \]\]")


def read_action() -> dict[str, Any]:
    return dict(YAML(typ="safe").load(ACTION))


def read_template() -> tuple[dict[str, Any], dict[str, Any]]:
    """The inputs and the job of GitLab's template."""
    header, body = YAML(typ="safe").load_all(TEMPLATE)
    return header["spec"]["inputs"], body["orchestrator-check"]


def get_step(name: str) -> dict[str, Any]:
    [step] = [each for each in read_action()["runs"]["steps"] if each["name"] == name]
    return dict(step)


def find_program(temp: Path) -> None:
    """What the step Install would have made: a folder with the program in it."""
    programs = temp / "orchestrator-check" / "bin"
    if not programs.exists():
        programs.mkdir(parents=True)
        (programs / "orchestrator").symlink_to(Path(sys.executable).parent / "orchestrator")


def run_step(
    name: str, folder: Path, temp: Path, inputs: Mapping[str, str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """A step of the action, with its inputs' defaults, in `folder`."""
    find_program(temp)
    defaults = {key: str(each.get("default", "")) for key, each in read_action()["inputs"].items()}
    known = {
        "inputs": {**defaults, **inputs},
        "github": {"token": "secret", "action_path": str(ACTION.parent)},
        "runner": {"temp": str(temp)},
    }

    def fill(text: str) -> str:
        for _ in range(2):  # an input's default may hold an expression
            text = EXPRESSION.sub(lambda match: known[match[1]][match[2]], text)
        return text

    step = get_step(name)
    own = {key: fill(str(value)) for key, value in step.get("env", {}).items()}
    assert step["shell"] == "bash"
    return run_bash(step["run"], folder, {**environment, **own})


def run_job(
    folder: Path, temp: Path, inputs: Mapping[str, str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """The script of GitLab's job in `folder`."""
    find_program(temp)
    declared, job = read_template()
    values = {key: str((each or {}).get("default", "")) for key, each in declared.items()} | dict(inputs)

    def fill(text: str) -> str:
        return INPUT.sub(lambda match: values[match[1]], text)

    own = {key: fill(value) for key, value in job["variables"].items()}
    path = f"{temp / 'orchestrator-check' / 'bin'}:{os.environ['PATH']}"
    return run_bash("\n".join(job["script"]), folder, {**environment, **own, "PATH": path})


def run_bash(script: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """As a runner does it: it stops at the first command that fails."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    whole = {**kept, "PYTHONPATH": str(CHECKOUT), **environment}
    return subprocess.run(command, cwd=folder, env=whole, capture_output=True, text=True, check=False)
