"""Runs the command line inside this process, as `orchestrator` would be run."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from orchestrator.cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a command said, and its exit code."""

    out: str
    err: str
    code: int


def run_orchestrator(*arguments: object) -> Ran:
    """Runs one command to its end. An exception that it lets through is a bug, and passes through here too."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["orchestrator", *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            return Ran(out.getvalue(), err.getvalue(), int(ended.code or 0))
    raise AssertionError("main() ends by exiting")
