"""Inventories: what a row says, what the catalogue adds, what is not known, and every error at its line."""

import re
from pathlib import Path
from typing import Any

import pytest

from orchestrator.catalog.catalogue import load_catalogue
from orchestrator.catalog.inventory import Inventory, load_inventory
from orchestrator.model.errors import InvalidDocument
from orchestrator.model.failure_domain import DOMAIN_KINDS
from tests.unit.inventories import CATALOG, make_cloud_row, write_inventory


def load(folder: Path, *rows: dict[str, Any]) -> Inventory:
    return load_inventory(write_inventory(folder, rows), load_catalogue(only=CATALOG))


def list_domains(folder: Path, row: dict[str, Any]) -> dict[str, str]:
    [node] = load(folder, row).nodes
    known = {kind: node.place.get_domain(kind) for kind in DOMAIN_KINDS}
    return {kind: value for kind, value in known.items() if value is not None}


def test_the_catalogue_fills_in_what_a_row_leaves_empty(tmp_path: Path) -> None:
    assert list_domains(tmp_path, make_cloud_row("m", account="a")) == {
        "operator": "acme",
        "account": "a",
        "provider": "acme",
        "region": "acme/north",
        "zone": "acme/north-1",
        "site": "a/north/north-1",
        "country": "FI",
        "jurisdiction": "EU",
    }


def test_a_region_with_one_zone_says_the_zone(tmp_path: Path) -> None:
    assert list_domains(tmp_path, make_cloud_row("m", zone=""))["zone"] == "acme/north-1"


def test_of_several_zones_only_what_they_agree_on_is_known(tmp_path: Path) -> None:
    known = list_domains(tmp_path, make_cloud_row("m", 2, zone=""))
    assert "zone" not in known
    assert known["country"] == "US"
    assert list_domains(tmp_path, make_cloud_row("m", region="", zone="")) == {
        "operator": "acme",
        "provider": "acme",
        "jurisdiction": "EU",
    }


def test_an_unknown_provider_is_what_the_row_says_of_it(tmp_path: Path) -> None:
    row = {"name": "m", "provider": "ovh", "region": "gra", "country": "FR", "asn": "16276"}
    assert list_domains(tmp_path, row) == {
        "operator": "ovh",
        "provider": "ovh",
        "region": "ovh/gra",
        "country": "FR",
        "asn": "16276",
    }


def test_machines_of_ones_own_have_no_operator_unless_it_is_said(tmp_path: Path) -> None:
    assert list_domains(tmp_path, {"name": "m", "provider": "ssh"}) == {"provider": "ssh"}
    assert list_domains(tmp_path, {"name": "m", "provider": "ssh", "operator": "colo"})["operator"] == "colo"


def test_a_zone_is_found_by_its_id_and_a_provider_by_its_alias(tmp_path: Path) -> None:
    path = write_inventory(tmp_path, [{"name": "m", "provider": "Amazon", "region": "us-east-1", "zone": "use1-az1"}])
    [node] = load_inventory(path, load_catalogue()).nodes
    assert node.place.get_domain("zone") == "aws/use1-az1"
    assert node.place.get_domain("country") == "US"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"region": "nort", "zone": ""}, r"m: the catalogue has no region nort of acme, .*\(did you mean north\?\)"),
        ({"zone": "north-9"}, r"m: the catalogue has no zone north-9 of acme, .*\(did you mean north-1\?\)"),
    ],
)
def test_a_place_that_the_catalogue_lacks_is_a_warning_at_its_line(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    inventory = load(tmp_path, make_cloud_row("first"), make_cloud_row("m", **changes))
    [finding] = inventory.findings
    assert (finding.level, finding.source.line) == ("warning", 3)
    assert re.search(words, finding.message)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "inventory.csv is empty"),
        ("name,provider\n", "inventory.csv lists no machine"),
        ("name;provider\nm;acme\n", "separated by semicolons"),
        ("name\nm\n", r"column provider is missing \(every file of this kind has it; docs/import\.md"),
        ("name,provider,contry\nm,acme,FI\n", r"unknown column 'contry' \(did you mean country\?\)"),
        ("name,provider\nm,\n", r"csv:2:3: column provider is empty"),
        ("name,provider,country\nm,ovh,fr\n", r"csv:2:7: column country is 'fr' \(write the ISO 3166 code"),
        ("name,provider,vcpus\nm,ovh,many\n", r"csv:2:7: column vcpus is 'many', not a whole number"),
        ("name,provider,port\nm,ovh,99999\n", "column port is '99999', but cannot be above 65535"),
        ("name,provider,clients\nm,ovh,geth\n", r"column clients .*'geth' is no role=client"),
        ("name,provider,stake\nm,ovh,0\n", "column stake is '0', but must be above 0"),
        ("name,provider\nm,ovh,x\n", "this line has 3 cells, the header has 2"),
    ],
)
def test_bad_files_are_answered_with_the_place(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "inventory.csv").write_text(text)
    with pytest.raises(InvalidDocument, match=words):
        load_inventory(tmp_path / "inventory.csv", load_catalogue(only=CATALOG))


def test_a_fact_that_the_catalogue_contradicts_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match=r"csv:2:1: m: country is DE, and the catalogue says FI of acme/north"):
        load(tmp_path, make_cloud_row("m", country="DE"))
