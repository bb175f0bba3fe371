"""The built-in facts themselves: whole, consistent, and as the documentation says."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from orchestrator.catalog.aliases import BUILT_IN_PROVIDERS
from orchestrator.catalog.catalogue import BUILT_IN, load_catalogue
from orchestrator.model.catalogue import Catalogue

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def test_the_built_in_providers_are_those_of_the_data(catalogue: Catalogue) -> None:
    assert {zone.provider for zone in catalogue.zones} == set(BUILT_IN_PROVIDERS)


def test_every_region_and_zone_that_a_row_names_is_a_site(catalogue: Catalogue) -> None:
    """As a private folder the built-in data passes the check of references too."""
    assert load_catalogue(only=BUILT_IN) == catalogue


def test_every_zone_has_the_facts_that_policies_read(catalogue: Catalogue) -> None:
    for zone in catalogue.zones:
        facts = (zone.country, zone.jurisdiction, zone.operator_jurisdiction, zone.continent, zone.asn, zone.zone_id)
        assert None not in facts, zone
        assert (zone.status, bool(zone.source), bool(zone.source_date)) == ("active", True, True)


def test_aws_zone_ids_are_ids_and_each_is_one_zone(catalogue: Catalogue) -> None:
    ids = [zone.zone_id for zone in catalogue.zones if zone.provider == "aws"]
    assert all(re.fullmatch(r"[a-z0-9]+-az\d", zone_id or "") for zone_id in ids)
    assert len(set(ids)) == len(ids)


def test_every_machine_type_says_where_it_comes_from(catalogue: Catalogue) -> None:
    for kind in catalogue.machine_types:
        assert kind.source, kind
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", kind.source_date), kind


def test_no_machine_is_free_and_unpriced_ones_are_there(catalogue: Catalogue) -> None:
    prices = [kind.usd_per_month for kind in catalogue.machine_types]
    assert None in prices
    assert all(price is None or price > 0 for price in prices)


@pytest.mark.parametrize(
    ("provider", "region", "name", "cpu", "price"),
    [
        ("hetzner", "fsn1", "ccx23", "dedicated", Decimal("85.99") * Decimal("1.1133")),
        ("hetzner", "hel1", "cx33", "shared", Decimal("8.49") * Decimal("1.1133")),
        ("hetzner", "ash", "ccx23", "dedicated", None),
        ("gcp", "us-central1", "e2-standard-2", "shared", Decimal("0.067011") * 730),
        ("aws", "af-south-1", "i4i.12xlarge", "dedicated", Decimal("5.412") * 730),
    ],
)
def test_prices_are_a_months(
    catalogue: Catalogue, provider: str, region: str, name: str, cpu: str, price: Decimal | None
) -> None:
    (kind,) = (k for k in catalogue.machine_types if (k.provider, k.region, k.name) == (provider, region, name))
    assert (kind.cpu, kind.usd_per_month) == (cpu, price)


def test_every_aws_t_family_is_burstable(catalogue: Catalogue) -> None:
    kinds = {kind.cpu for kind in catalogue.machine_types if kind.provider == "aws" and kind.name.startswith("t")}
    assert kinds == {"burstable"}


def test_every_region_with_machines_has_a_volume_to_keep_data_on(catalogue: Catalogue) -> None:
    volumes = {(row.provider, row.region) for row in catalogue.storage_prices if row.kind == "volume"}
    for kind in catalogue.machine_types:
        assert {(kind.provider, kind.region), (kind.provider, "")} & volumes, kind


def test_hetzner_has_an_image_for_each_architecture(catalogue: Catalogue) -> None:
    images = {image.arch: image.image_id for image in catalogue.images if image.provider == "hetzner"}
    assert images == {"x86_64": "114690387", "arm64": "114690389"}


def test_the_documentation_counts_the_rows_that_are_there(catalogue: Catalogue) -> None:
    unpriced = {
        provider: sum(k.usd_per_month is None for k in catalogue.machine_types if k.provider == provider)
        for provider in BUILT_IN_PROVIDERS
    }
    text = (REPOSITORY / "docs" / "catalogue.md").read_text(encoding="utf-8")
    for words in (
        f"{len(catalogue.zones):,} zones",
        f"{len(catalogue.machine_types):,} machine types",
        f"{len(catalogue.storage_prices):,} prices",
        f"{unpriced['aws']:,} aws and {unpriced['hetzner']:,} hetzner",
    ):
        assert words in text


def test_the_documented_private_catalogue_loads(tmp_path: Path) -> None:
    text = (REPOSITORY / "docs" / "catalogue.md").read_text(encoding="utf-8")
    blocks = re.findall(r"`([a-z]+\.csv)`:\n```csv\n(.*?)```", text, re.DOTALL)
    assert [name for name, _ in blocks] == ["sites.csv", "machines.csv", "storage.csv"]
    for name, content in blocks:
        (tmp_path / name).write_text(content, encoding="utf-8")
    catalogue = load_catalogue(extra=tmp_path, wanted=[("acme", []), ("hetzner", ["fsn1"])])
    assert {zone.zone for zone in catalogue.zones if zone.provider == "acme"} == {"zurich-1", "zurich-2"}
    own = {kind.name: kind.usd_per_month for kind in catalogue.machine_types if kind.source == "our contract"}
    assert own == {"acme-8": Decimal(110), "ccx33": Decimal("131.20")}
