"""Under which id a resource of the program is imported: its own that is known, else what carries the fleet's labels."""

from typing import Any

import pytest

from tests.unit.machines import make_machine
from tests.unit.stacks.registration import stacks_on_path

with stacks_on_path():
    from recovery import Known, list_existing
    from survey import Again, ById, ByName, Found, Search

SEARCH = Search(
    lambda _area, _options: [],
    {
        "server": ByName(),
        "subnet": ById(lambda inputs: f"{inputs['network']}-{inputs['range']}"),
        "claim": Again(),
    },
)
KNOWN = Known(
    SEARCH,
    (Found("server", "42", "fleet-btc-1-1"), Found("server", "43", "fleet-btc-2-1")),
    {"btc-2-1": "4711"},
    frozenset({"subnet::subnet-gone"}),
)


@pytest.mark.parametrize(
    ("kind", "name", "inputs", "identifier"),
    [
        ("server", "btc-1-1", {"name": "fleet-btc-1-1"}, "42"),
        ("server", "btc-2-1", {"name": "fleet-btc-2-1"}, "4711"),  # what the lock says goes before the labels
        ("server", "btc-3-1", {"name": "fleet-btc-3-1"}, None),
        ("subnet", "subnet-a", {"network": "7", "range": "10.0.0.0/8"}, "7-10.0.0.0/8"),
        ("subnet", "subnet-a", {"network": "7"}, None),
        ("subnet", "subnet-gone", {"network": "7", "range": "10.0.0.0/8"}, None),
        ("claim", "claim", {}, None),
        ("strange", "btc-2-1", {}, None),
    ],
)
def test_an_id_is_found_where_it_is_known(kind: str, name: str, inputs: dict[str, Any], identifier: str | None) -> None:
    assert KNOWN.find(kind, name, inputs) == identifier


def test_what_exists_has_the_names_that_the_stacks_give() -> None:
    machines = [
        make_machine("btc-1.1", existing={"machine": "1", "volume": "2"}),
        make_machine("btc-2.1", existing={}),
        make_machine("btc-3.2"),
    ]
    assert list_existing(machines) == {"btc-1-1": "1", "btc-1-1-volume": "2"}
