#!/usr/bin/python3
"""Runs stages of cloud-init one after the other, each in a child of one process that has loaded it already.

This file is copied into the base image and runs there, on the machine's own Python. Loading cloud-init is most of what
a stage costs, and a dozen machines boot at once. Versions from 24.3 do the like themselves and are left alone.
"""

import os
import sys


def run_stages(stages: list[str]) -> int:
    """Runs each stage ("init --local") as `cloud-init` would; the exit code of the first that fails, else 0."""
    from cloudinit.cmd.main import main  # type: ignore[import-not-found]  # noqa: PLC0415  # on the machine alone

    for stage in stages:
        child = os.fork()
        if child == 0:
            sys.argv = ["cloud-init", *stage.split()]
            sys.exit(main())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != 0:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(run_stages(sys.argv[1:]))
