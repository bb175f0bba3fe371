"""What an import came to, as text and as JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator.model.lock import Lock
from orchestrator.model.plan import Finding
from orchestrator.report.findings import list_findings


def describe_import(
    files: Sequence[Path], names: Mapping[str, str], lock: Lock, findings: Sequence[Finding]
) -> dict[str, Any]:
    """The import as plain data, in the shape that docs/commands.md promises to scripts."""
    return {
        "files": [str(file) for file in files],
        "revision": lock.header.revision,
        "machines": dict(names),
        "findings": list_findings(findings),
    }


def render_import(files: Sequence[Path], names: Mapping[str, str], lock: Lock) -> str:
    """A line a machine that has a new name, then the files, and what to do next."""
    sites = {machine.machine: machine.site for machine in lock.machines}
    width = max(map(len, names))
    lines = [f"{name:<{width}}  is {machine} at {sites[machine]}" for name, machine in names.items()]
    lines += [f"wrote {file}" for file in files]
    lines.append(f"revision {lock.header.revision}: {len(names)} machines stay where they are")
    return "".join(f"{line}\n" for line in lines)
