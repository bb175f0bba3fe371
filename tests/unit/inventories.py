"""Inventories as text and as random values, for tests of all that reads them."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

CATALOG = Path(__file__).parents[1] / "golden" / "catalog"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbNXI8eGXU3dCcH0aixas0jBINWoLKmy9+wTxucqN0v"
PLACES = (
    ("acme", "north", "north-1", "small"),
    ("acme", "south", "south-1", "small"),
    ("umbrella", "west", "west-1", "medium"),
    ("umbrella", "west", "west-2", "medium"),
)


def render_inventory(rows: Sequence[Mapping[str, Any]]) -> str:
    """CSV text with the columns that any of the rows has."""
    columns = sorted({column for row in rows for column in row})
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_inventory(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path = folder / "inventory.csv"
    path.write_text(render_inventory(rows), encoding="utf-8")
    return path


def make_cloud_row(name: str, place: int = 0, **changes: Any) -> dict[str, Any]:
    provider, region, zone, machine_type = PLACES[place]
    row = {"provider": provider, "region": region, "zone": zone, "machine_type": machine_type}
    return {"name": name, **row, "chain": "bitcoin", "network": "regtest", "clients": "node=btcd", **changes}


def make_host_row(name: str, **changes: Any) -> dict[str, Any]:
    row = {"provider": "ssh", "account": "metal", "operator": "example-colo", "region": "ams", "zone": "cage-7"}
    need = {"vcpus": 8, "memory_gib": 32, "disk_gib": 900, "address": f"{name}.example.com", "host_key": HOST_KEY}
    return {"name": name, **row, **need, "chain": "bitcoin", "network": "regtest", "clients": "node=btcd", **changes}


@st.composite
def importable_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows that say enough for an import: clouds of two providers, several accounts, enrolled hosts, two groups."""
    rows = []
    for index in range(draw(st.integers(1, 8))):
        group = draw(st.sampled_from(["btc", "spare"]))
        own = draw(st.booleans())
        name = f"{group}-{index + draw(st.integers(1, 3)) * 100}" if own else f"m{index}"
        common = {"group": group, "stake": 3 if group == "spare" else ""}
        if draw(st.integers(0, 3)) == 0:
            operator = draw(st.sampled_from(["example-colo", "other-colo"]))
            facts = {"operator": operator, "region": operator, "zone": f"{operator}-1"}
            size = {"vcpus": draw(st.integers(1, 64)), "memory_gib": draw(st.sampled_from(["4", "7.5", "64"]))}
            rows.append(make_host_row(name, **common, **facts, **size, disk_gib=draw(st.integers(1, 9000))))
        else:
            place = draw(st.integers(0, len(PLACES) - 1))
            account = f"{PLACES[place][0]}-{draw(st.integers(1, 2))}"
            rows.append(make_cloud_row(name, place, account=account, **common))
    return rows
