"""Asks machines how they are: runs the probe that Ansible installed, over SSH, on all of them side by side."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from orchestrator.adapters.ssh import CommandResult, run_on_all
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import RemoteFailure
from orchestrator.model.health import Observation
from orchestrator.model.line import escape_line

PROBE = "/usr/local/lib/orchestrator/probe"
PROBE_SECONDS = 30.0
COMMAND_NOT_FOUND = (126, 127)  # exit codes of POSIX shells


def probe_machines(
    endpoints: Iterable[Endpoint], identity: Path, *, timeout: float = PROBE_SECONDS
) -> tuple[Observation, ...]:
    """One observation a machine, in the order given; a machine that could not be asked has its `error`.

    Raises ToolMissing alone, for an identity that cannot be read.
    """
    wanted = list(endpoints)
    results = run_on_all(wanted, identity, PROBE, timeout=timeout)
    return tuple(read_observation(endpoint.machine, results[endpoint.machine]) for endpoint in wanted)


def read_observation(machine: str, result: CommandResult | RemoteFailure) -> Observation:
    """The probe's answer as a value."""
    if isinstance(result, RemoteFailure):
        return Observation(machine=machine, error=str(result))
    if result.exit_code in COMMAND_NOT_FOUND:
        # The machine is there but was never configured: nothing is wrong with it, and it carries nothing.
        return Observation(machine=machine)
    if result.exit_code != 0:
        return Observation(machine=machine, error=f"the probe failed: {escape_line(result.stderr.strip()[-300:])}")
    try:
        return Observation.model_validate({"machine": machine, **escape_texts(json.loads(result.stdout))})
    except (ValidationError, ValueError, TypeError, RecursionError) as error:
        return Observation(machine=machine, error=f"the probe's answer cannot be read: {escape_line(str(error)[:300])}")


def escape_texts(value: Any) -> Any:
    """The answer with each of its texts on one visible line: a machine must not write to the operator's terminal."""
    if isinstance(value, dict):
        return {escape_line(key): escape_texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [escape_texts(inner) for inner in value]
    return escape_line(value) if isinstance(value, str) else value
