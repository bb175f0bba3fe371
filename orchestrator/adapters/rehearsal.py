"""The rehearsal program, started as a process of its own: a request in, an answer out."""

import json
import subprocess
import sys
from typing import Any

from orchestrator.model.errors import RemoteFailure
from orchestrator.model.rehearsal import Rehearsal, RehearsalRequest


def prepare_rehearsal(request: RehearsalRequest) -> Rehearsal:
    """Makes the fleet's rehearsal ready, or finds it ready; what takes time is told on stderr."""
    return Rehearsal.model_validate(run_rehearsal(["prepare"], request))


def find_rehearsal(request: RehearsalRequest) -> Rehearsal | None:
    """The fleet's rehearsal; None where there is none."""
    answer = run_rehearsal(["find"], request)
    return None if answer is None else Rehearsal.model_validate(answer)


def list_rehearsals() -> list[dict[str, Any]]:
    """Every rehearsal of this user: id, fleet, spec, folder, lost domains, machines."""
    found: list[dict[str, Any]] = run_rehearsal(["list"])
    return found


def change_rehearsal(verb: str, world: str, *arguments: str) -> list[dict[str, Any]]:
    """Changes the rehearsal with that id: `verb` and what it takes, as orchestrator/rehearsal/__main__.py has them."""
    found: list[dict[str, Any]] = run_rehearsal([verb, "--world", world, *arguments])
    return found


def clean_rehearsal(world: str | None) -> tuple[str, ...]:
    """Removes the rehearsal with that id, or all; the ids of those removed."""
    arguments = ["clean", "--all"] if world is None else ["clean", "--world", world]
    return tuple(run_rehearsal(arguments)["removed"])


def run_rehearsal(arguments: list[str], request: RehearsalRequest | None = None) -> Any:
    """The program's answer; RemoteFailure where it says no (its reason is on stderr already)."""
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator.rehearsal", *arguments],
        input=request.model_dump_json() if request else None,
        stdin=None if request else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RemoteFailure(f"the rehearsal program failed ({' '.join(arguments)})", hint="its reason stands above")
    return json.loads(done.stdout)
