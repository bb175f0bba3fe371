"""`python -m tools.toolchains`: makes sure of Go and of the Pulumi CLI. The last step of tools/setup.sh."""

import sys

from orchestrator.adapters.go import read_required_version
from orchestrator.folders import find_asset
from orchestrator.model.errors import OrchestratorError
from tools.go.ensure import ensure_go
from tools.pulumi.ensure import ensure_pulumi
from tools.pulumi.source import MODULE


def report(line: str) -> None:
    """A line of progress, for people."""
    print(f"set-up: {line}", flush=True)


def main() -> int:
    """0 once both are there, else 1 and what to do on stderr."""
    modules = [MODULE, *(path.parent for path in sorted((find_asset("ansible") / "clients").glob("*/go.mod")))]
    try:
        ensure_go(max(map(read_required_version, modules)), report)
        ensure_pulumi(report)
    except OrchestratorError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
