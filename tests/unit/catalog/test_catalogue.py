"""The whole catalogue: built-in and private facts, laid over each other and cut to what is wanted."""

import random
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.catalog.catalogue import compile_filter, load_catalogue, read_regions
from orchestrator.model.catalogue import Catalogue
from orchestrator.model.errors import InvalidDocument
from tests.unit.catalog.folders import write_catalogue, write_files
from tests.unit.catalog.strategies import PROVIDERS, REGIONS, catalogues

SITES = "provider,region,zone,country\nacme,north,north-1,DE\nacme,north,north-2,DE\n"
MACHINES = (
    "provider,region,machine_type,vcpus,cpu,memory_gib,usd_per_month,zones\n"
    "acme,north,small,4,dedicated,16,50,north-1\n"
)


def list_facts(catalogue: Catalogue, kind: str) -> list[Any]:
    return list(getattr(catalogue, kind))


def sort_facts(catalogue: Catalogue) -> Catalogue:
    def place(fact: object) -> tuple[object, ...]:
        names = ("provider", "region", "zone", "name", "kind", "type", "from_gb", "arch")
        return tuple(getattr(fact, name) for name in names if hasattr(fact, name))

    return Catalogue(**{name: tuple(sorted(getattr(catalogue, name), key=place)) for name in Catalogue.model_fields})


@settings(max_examples=40, deadline=None)
@given(catalogues)
def test_a_catalogue_is_read_back_as_it_was_written(catalogue: Catalogue) -> None:
    with TemporaryDirectory() as folder:
        assert load_catalogue(only=write_catalogue(Path(folder), catalogue)) == sort_facts(catalogue)


@settings(max_examples=20, deadline=None)
@given(catalogues, st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(catalogue: Catalogue, order: random.Random) -> None:
    with TemporaryDirectory() as name:
        folder = write_catalogue(Path(name), catalogue)
        before = load_catalogue(only=folder)
        for path in folder.iterdir():
            header, *rows = path.read_text(encoding="utf-8").splitlines()
            order.shuffle(rows)
            path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        assert load_catalogue(only=folder) == before


@settings(max_examples=20, deadline=None)
@given(catalogues, st.dictionaries(st.sampled_from(PROVIDERS), st.sets(st.sampled_from(REGIONS))))
def test_what_is_wanted_is_the_same_as_cutting_afterwards(catalogue: Catalogue, wanted: dict[str, set[str]]) -> None:
    def is_wanted(provider: str, region: str) -> bool:
        return provider in wanted and (not wanted[provider] or not region or region in wanted[provider])

    with TemporaryDirectory() as name:
        folder = write_catalogue(Path(name), catalogue)
        whole = load_catalogue(only=folder)
        cut = load_catalogue(only=folder, wanted=list(wanted.items()))
    for kind in Catalogue.model_fields:
        before, after = list_facts(whole, kind), list_facts(cut, kind)
        assert after == [fact for fact in before if is_wanted(fact.provider, fact.region)]


def test_two_accounts_of_one_provider_want_the_regions_of_both() -> None:
    keep = compile_filter([("aws", ["us-east-1"]), ("amazon", ["eu-west-1"]), ("gcp", []), ("gcp", ["us-central1"])])
    assert keep("aws", "us-east-1")
    assert keep("aws", "eu-west-1")
    assert keep("aws", "")
    assert not keep("aws", "us-west-2")
    assert keep("gcp", "anywhere")
    assert not keep("hetzner", "fsn1")


def test_a_private_row_replaces_the_built_in_one_and_the_rest_stays(tmp_path: Path) -> None:
    row = "provider,region,machine_type,vcpus,cpu,memory_gib,usd_per_month\nhcloud,fsn1,ccx13,2,dedicated,8,9.99\n"
    wanted = [("hetzner", ["fsn1"])]
    before = load_catalogue(wanted=wanted)
    after = load_catalogue(extra=write_files(tmp_path, {"machines.csv": row}), wanted=wanted)
    changed = [new for old, new in zip(before.machine_types, after.machine_types, strict=True) if old != new]
    assert [(fact.name, fact.usd_per_month, fact.local_disk_gib) for fact in changed] == [("ccx13", Decimal("9.99"), 0)]
    assert (after.zones, after.storage_prices, after.images) == (before.zones, before.storage_prices, before.images)


def test_a_private_provider_stands_beside_the_built_in_ones(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"sites.csv": SITES, "machines.csv": MACHINES})
    catalogue = load_catalogue(extra=folder, wanted=[("acme", []), ("hetzner", ["hel1"])])
    assert {zone.provider for zone in catalogue.zones} == {"acme", "hetzner"}
    assert [kind.zones for kind in catalogue.machine_types if kind.provider == "acme"] == [("north-1",)]


def test_a_catalogue_that_replaces_leaves_nothing_built_in(tmp_path: Path) -> None:
    catalogue = load_catalogue(only=write_files(tmp_path, {"sites.csv": SITES, "machines.csv": MACHINES}))
    assert {zone.provider for zone in catalogue.zones} == {"acme"}
    assert {kind.provider for kind in catalogue.machine_types} == {"acme"}
    assert not catalogue.storage_prices
    assert not catalogue.images


def test_one_private_catalogue_lies_over_the_other(tmp_path: Path) -> None:
    below = write_files(tmp_path / "below", {"sites.csv": SITES, "machines.csv": MACHINES})
    above = write_files(tmp_path / "above", {"machines.csv": MACHINES.replace(",50,", ",60,")})
    (kind,) = load_catalogue(extra=above, only=below).machine_types
    assert kind.usd_per_month == 60


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({}, "holds no catalogue"),
        ({"machine.csv": MACHINES}, "machine.csv is no file of a catalogue (did you mean machines.csv?)"),
        ({"machines.csv": MACHINES}, "machines.csv:2:1: region north of acme is not in sites.csv"),
        (
            {"sites.csv": SITES.replace("acme,north,north-1,DE\n", ""), "machines.csv": MACHINES},
            "machines.csv:2:1: zone north-1 of north is not in sites.csv (did you mean north-2?)",
        ),
        (
            {"storage.csv": "provider,region,kind,type\nhetzner,fsn,volume,volume\n"},
            "storage.csv:2:1: region fsn of hetzner is not in sites.csv (did you mean fsn1?)",
        ),
    ],
)
def test_a_private_folder_that_cannot_be_meant_is_refused(tmp_path: Path, files: dict[str, str], error: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        load_catalogue(extra=write_files(tmp_path, files))
    assert error in str(caught.value)


def test_a_replacing_catalogue_needs_sites_and_machines(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument) as caught:
        load_catalogue(only=write_files(tmp_path, {"storage.csv": "provider,region,kind,type\n"}))
    assert len(caught.value.problems) == 2


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match="does not exist"):
        load_catalogue(extra=tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(InvalidDocument, match="is a file, not a folder"):
        load_catalogue(only=tmp_path / "file")
    (tmp_path / "catalogue" / "sites.csv").mkdir(parents=True)
    with pytest.raises(InvalidDocument, match="is a folder, not a file"):
        load_catalogue(extra=tmp_path / "catalogue")


def test_private_files_are_checked_in_whole_whatever_is_wanted(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"sites.csv": SITES, "machines.csv": MACHINES.replace(",4,", ",four,")})
    with pytest.raises(InvalidDocument, match="column vcpus is 'four'"):
        load_catalogue(extra=folder, wanted=[("hetzner", ["fsn1"])])


def test_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    files = {"sites.csv": SITES.replace("DE", "de"), "machines.csv": MACHINES.replace(",4,", ",four,")}
    with pytest.raises(InvalidDocument) as caught:
        load_catalogue(extra=write_files(tmp_path, files))
    assert len(caught.value.problems) == 3


def test_regions_are_listed_for_names_that_are_not_known(tmp_path: Path) -> None:
    regions = read_regions(extra=write_files(tmp_path, {"sites.csv": SITES}))
    assert regions["acme"] == ("north",)
    assert regions["hetzner"] == ("ash", "fsn1", "hel1", "hil", "nbg1", "sin")
    assert "us-east-1" in regions["aws"]
