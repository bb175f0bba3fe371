"""Rehearsals as text: what runs, what is lost, how plain tools reach it."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def render_rehearsals(found: Sequence[Mapping[str, Any]]) -> str:
    """A few lines a rehearsal."""
    return "".join(render_rehearsal(world) for world in found) or "no rehearsal\n"


def render_rehearsal(world: Mapping[str, Any]) -> str:
    """One rehearsal: id, spec, lost domains, what its clouds are short of, machines that run and that do not."""
    running = [machine["name"] for machine in world["machines"] if machine["running"]]
    halted = [machine["name"] for machine in world["machines"] if not machine["running"]]
    lines = [f"{world['id']}  fleet {world['fleet']}  {world['spec']}"]
    lines += [f"  lost: {', '.join(world['lost'])}"] if world["lost"] else []
    lines += [f"  short: {', '.join(world['short'])}"] if world["short"] else []
    lines.append(f"  {len(running)} machines run: {', '.join(running)}")
    lines += [f"  {len(halted)} are halted: {', '.join(halted)}"] if halted else []
    return "".join(f"{line}\n" for line in lines)


def render_environment(folder: Path, environment: Mapping[str, str]) -> str:
    """Shell lines that set the environment and go to the project's folder."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in sorted(environment.items())]
    return "".join(f"{line}\n" for line in (*exports, f"cd {shlex.quote(str(folder))}"))
