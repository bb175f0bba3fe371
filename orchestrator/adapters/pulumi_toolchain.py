"""Where the Pulumi CLI is on this machine; tools/pulumi puts it there."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from threading import Lock

from orchestrator.folders import find_cache_folder
from orchestrator.model.errors import ToolMissing

PULUMI_VERSION = "3.253.0"
LANGUAGE_HOST = "pulumi-language-python"
PYTHON_VARIABLE = "ORCHESTRATOR_PYTHON"  # what our own language host is to run on
_ASKING = Lock()


def find_pulumi() -> Path:
    """The folder that holds `pulumi` and its Python language host: a fitting one on PATH, else set-up's own.

    Raises ToolMissing where there is neither.
    """
    installed = shutil.which("pulumi")
    if installed and is_fitting_pulumi(Path(installed)):
        return Path(installed).parent
    own = find_own_pulumi_folder() / "bin"
    if (own / LANGUAGE_HOST).exists():
        return own
    raise ToolMissing(f"no Pulumi CLI {PULUMI_VERSION} or newer", hint="run `make setup`")


def find_own_pulumi_folder() -> Path:
    """Where set-up puts the Pulumi tool chain that it makes."""
    return find_cache_folder() / "pulumi" / PULUMI_VERSION


def is_fitting_pulumi(pulumi: Path) -> bool:
    """Whether `pulumi` is of this major version, not older than ours, and has its language host beside it.

    Asked once a process: all stacks need the answer at once, and the CLI takes a fifth of a second to say its version.
    """
    with _ASKING:
        return _ask_pulumi(pulumi)


@cache
def _ask_pulumi(pulumi: Path) -> bool:
    if not (pulumi.resolve().parent / LANGUAGE_HOST).exists():
        return False
    quiet = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    done = subprocess.run([pulumi, "version"], capture_output=True, text=True, check=False, env=quiet)
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", done.stdout)
    wanted = [int(part) for part in PULUMI_VERSION.split(".")]
    version = [int(part) for part in found.groups()] if found else [0]
    return version[0] == wanted[0] and version >= wanted
