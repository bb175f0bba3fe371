"""The options of commands that work from an inventory."""

from pathlib import Path

import click

from orchestrator.cli.options import Files
from orchestrator.workflows.inventory import InventoryFiles

INVENTORY = click.option(
    "--inventory", type=click.Path(path_type=Path), help="A CSV of what runs already, in place of spec and lock."
)
POLICY = click.option(
    "--policy", type=click.Path(path_type=Path), help="A file whose policy the inventory is held against."
)


def name_files(files: Files, inventory: Path, policy: Path | None) -> InventoryFiles:
    """The files of a command that was given an inventory."""
    return InventoryFiles(inventory, policy, files.where.catalog, files.where.catalog_only)
