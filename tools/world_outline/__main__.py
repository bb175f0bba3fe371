"""python -m tools.world_outline PACKAGE [--to FILE]: converts the npm package world-atlas into the maps' outline."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.model.errors import OrchestratorError
from orchestrator.report.pictures.outline import OUTLINE
from tools.world_outline.convert import compute_rings, render_outline

LAND = "land-110m.json"
# Of the package's page; the package itself does not say it in a field.
EDITION = "Natural Earth 4.1.0, land at 1:110m (public domain)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the file and says how many outlines it has; 2 where the source is not what it must be."""
    parser = argparse.ArgumentParser(prog="python -m tools.world_outline", description=__doc__)
    parser.add_argument("package", type=Path, help="folder of the unpacked npm package world-atlas")
    parser.add_argument("--date", required=True, help="the day on which that version was published")
    parser.add_argument("--to", type=Path, default=OUTLINE, help="file to write (the built-in one)")
    options = parser.parse_args(arguments)
    try:
        version = json.loads((options.package / "package.json").read_text(encoding="utf-8"))["version"]
        rings = compute_rings(json.loads((options.package / LAND).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = OrchestratorError(
            f"{options.package}: no package world-atlas: {error!r}", hint="npm pack world-atlas"
        )
        print(problem, file=sys.stderr)
        return 2
    text = render_outline(rings, source=f"{EDITION}; by the npm package world-atlas {version} (ISC)", date=options.date)
    unfinished = options.to.with_suffix(".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(options.to)
    print(f"{options.to}: {len(rings)} outlines, {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
