"""Puts our Python language host beside a Pulumi CLI that was built from source."""

import os
import shlex
import sys
from pathlib import Path

from orchestrator.adapters.pulumi_toolchain import LANGUAGE_HOST, PYTHON_VARIABLE

SOURCE = Path(__file__).with_name("language_host.py")
COPY = "pulumi_language_python.py"  # beside the launcher, so that the tool chain outlives this checkout
LAUNCHER = """\
#!/bin/sh
# The Python language host of this Pulumi CLI. Written by tools/pulumi/install_language_host.py.
here=${{0%/*}}
# Several checkouts share this tool chain: the one that asks knows its Python, set-up's own may be gone by now.
for python in "${{{variable}:-}}" "${{VIRTUAL_ENV:-}}/bin/python" .venv/bin/python {python} python3; do
    [ -x "$python" ] && break
done
exec "$python" "$here/{copy}" "$here" "$@"
"""


def is_own_language_host(folder: Path) -> bool:
    """Whether the tool chain in `folder` was built from source and so has our language host."""
    return (folder / COPY).exists()


def install_language_host(folder: Path) -> None:
    """Writes the host and its launcher into `folder`, each whole, where they are not the same already.

    It runs on a Python that has the Pulumi SDK: the one that the caller names, that of the virtual environment or
    checkout that it is called from, the one that runs this, or else python3.
    """
    _write_program(folder / COPY, SOURCE.read_text())
    _write_program(folder / LANGUAGE_HOST, _render_launcher())


def _render_launcher() -> str:
    return LAUNCHER.format(variable=PYTHON_VARIABLE, python=shlex.quote(sys.executable), copy=COPY)


def _write_program(path: Path, text: str) -> None:
    if path.exists() and path.read_text() == text:
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.chmod(0o755)
    draft.replace(path)
