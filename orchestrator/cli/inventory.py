"""The options of commands that work from an inventory."""

from pathlib import Path

import click

from orchestrator.workflows.inputs import Where
from orchestrator.workflows.inventory import InventoryFiles

INVENTORY = click.option(
    "--inventory", type=click.Path(path_type=Path), help="A CSV of what runs already, in place of spec and lock."
)
POLICY = click.option(
    "--policy", type=click.Path(path_type=Path), help="A file whose policy the inventory is held against."
)


def name_files(where: Where, inventory: Path, policy: Path | None) -> InventoryFiles:
    """The files of a command that was given an inventory."""
    return InventoryFiles(inventory, policy, where.catalog, where.catalog_only)
