"""Catalogue folders for tests."""

from pathlib import Path

from orchestrator.catalog.csv_table import render_table
from orchestrator.catalog.tables import IMAGES, MACHINES, SITES, STORAGE
from orchestrator.model.catalogue import Catalogue


def write_catalogue(folder: Path, catalogue: Catalogue) -> Path:
    """Writes a catalogue as its four files."""
    return write_files(
        folder,
        {
            SITES.file: render_table(SITES, catalogue.zones),
            MACHINES.file: render_table(MACHINES, catalogue.machine_types),
            STORAGE.file: render_table(STORAGE, catalogue.storage_prices),
            IMAGES.file: render_table(IMAGES, catalogue.images),
        },
    )


def write_files(folder: Path, files: dict[str, str]) -> Path:
    """Writes files by name; the folder, to load from."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
