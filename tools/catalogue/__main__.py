"""python -m tools.catalogue SOURCE [--to FOLDER]: converts the dated facts in SOURCE into a catalogue folder."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.catalog.catalogue import BUILT_IN, keep_all
from orchestrator.catalog.csv_table import read_table, render_table
from orchestrator.catalog.tables import IMAGES, MACHINES, SITES, STORAGE
from orchestrator.model.errors import OrchestratorError
from tools.catalogue.machines import convert_machines
from tools.catalogue.sites import convert_sites
from tools.catalogue.source import read_rows
from tools.catalogue.storage import convert_storage

# Facts that the source folder doesn't have, each verified by hand with its source and date; in our own format.
VERIFIED = Path(__file__).parent / "verified"


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the four files and says how many rows each has; 2 where the source is not what it must be."""
    parser = argparse.ArgumentParser(prog="python -m tools.catalogue", description=__doc__)
    parser.add_argument("source", type=Path, help="folder with regions.csv, machines.csv and storage.csv")
    parser.add_argument("--to", type=Path, default=BUILT_IN, help="catalogue folder to write (the built-in one)")
    options = parser.parse_args(arguments)
    try:
        for name, text in convert(options.source).items():
            write_text(options.to / name, text)
            print(f"{options.to / name}: {text.count(chr(10)) - 1} rows")
    except OrchestratorError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def convert(source: Path) -> dict[str, str]:
    """The catalogue's files, name to text, from the facts in the folder `source` and those verified by hand."""
    zones = convert_sites(read_rows(source / "regions.csv"))
    prices = [entry.fact for entry in read_table(VERIFIED / STORAGE.file, STORAGE, keep_all).values()]
    images = [entry.fact for entry in read_table(VERIFIED / IMAGES.file, IMAGES, keep_all).values()]
    return {
        SITES.file: render_table(SITES, zones),
        MACHINES.file: render_table(MACHINES, convert_machines(read_rows(source / "machines.csv"), zones)),
        STORAGE.file: render_table(STORAGE, [*convert_storage(read_rows(source / "storage.csv")), *prices]),
        IMAGES.file: render_table(IMAGES, images),
    }


def write_text(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


if __name__ == "__main__":
    sys.exit(main())
