"""docs/import.md holds every column of an inventory, and its example is one."""

from orchestrator.catalog.catalogue import load_catalogue
from orchestrator.catalog.inventory import INVENTORY, load_inventory
from tests.unit.docs.pages import CHECKOUT, get_section, map_keys, read_page


def test_every_column_is_documented_in_order() -> None:
    assert tuple(map_keys(get_section(read_page("import.md"), "## The inventory"))) == INVENTORY.columns


def test_the_example_is_an_inventory() -> None:
    inventory = load_inventory(CHECKOUT / "examples" / "inventory.csv", load_catalogue())
    assert len(inventory.nodes) == 6
    assert inventory.findings == ()
