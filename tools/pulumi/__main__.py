"""`python -m tools.pulumi`: makes sure of a Pulumi CLI with a Python language host, and prints the folder it is in."""

import sys

from orchestrator.model.errors import OrchestratorError
from tools.pulumi.ensure import ensure_pulumi


def main() -> int:
    """0 and the folder on stdout, or 1 and what to do on stderr; progress goes to stderr."""
    try:
        print(ensure_pulumi(lambda line: print(line, file=sys.stderr, flush=True)))
    except OrchestratorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
