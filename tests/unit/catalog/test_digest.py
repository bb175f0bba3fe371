"""The digest of facts: what changes it and what does not."""

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.catalog.digest import compute_facts_digest
from orchestrator.model.catalogue import Catalogue
from orchestrator.model.site import Image, MachineType, StoragePrice, Zone
from tests.unit.catalog.strategies import catalogues

CATALOGUE = Catalogue(
    zones=(Zone(provider="acme", region="north", zone="a", asn="24940", country="DE"),),
    machine_types=(
        MachineType(
            provider="acme",
            region="north",
            name="small",
            vcpus=4,
            cpu="dedicated",
            memory_gib=Decimal(16),
            usd_per_month=Decimal(50),
            zones=("a", "b"),
        ),
    ),
    storage_prices=(
        StoragePrice(provider="acme", region="", kind="volume", type="fast", usd_per_month_gib=Decimal("0.1")),
    ),
    images=(Image(provider="acme", region="", arch="x86_64", image_id="one", os="debian-12"),),
)


def change(kind: str, **update: Any) -> Catalogue:
    facts = tuple(fact.model_copy(update=update) for fact in getattr(CATALOGUE, kind))
    return CATALOGUE.model_copy(update={kind: facts})


def test_it_looks_like_a_digest() -> None:
    name, _, digits = compute_facts_digest(CATALOGUE).partition(":")
    assert (name, len(bytes.fromhex(digits))) == ("sha256", 32)


@pytest.mark.parametrize(
    "other",
    [
        change("machine_types", usd_per_month=Decimal(60)),
        change("machine_types", usd_per_month=None),
        change("machine_types", source="elsewhere", source_date="2026-11-23"),
        change("machine_types", memory_gib=Decimal("16.0")),
        change("machine_types", zones=("b", "a")),
        change("zones", source="elsewhere", source_date="2026-11-23"),
        change("zones", latitude=50.0, longitude=12.0),
        change("storage_prices", usd_per_month_gib=Decimal("0.2")),
        change("images", image_id="two"),
        CATALOGUE.model_copy(
            update={
                "storage_prices": (
                    *CATALOGUE.storage_prices,
                    StoragePrice(provider="acme", region="", kind="egress", type="internet", usd_per_gb=Decimal(1)),
                )
            }
        ),
    ],
)
def test_prices_and_sources_do_not_change_it(other: Catalogue) -> None:
    assert other != CATALOGUE or other.machine_types[0].memory_gib == 16
    assert compute_facts_digest(other) == compute_facts_digest(CATALOGUE)


@pytest.mark.parametrize(
    "other",
    [
        change("zones", asn="213230"),
        change("zones", country=None),
        change("zones", capacity=3),
        change("zones", status="inactive"),
        change("machine_types", vcpus=8),
        change("machine_types", cpu="shared"),
        change("machine_types", zones=("a",)),
        change("storage_prices", disk_kind="hdd"),
        change("storage_prices", most_iops=80_000),
        change("machine_types", local_disk_iops=80_000),
        change("images", arch="arm64"),
        CATALOGUE.model_copy(update={"machine_types": ()}),
    ],
)
def test_facts_change_it(other: Catalogue) -> None:
    assert compute_facts_digest(other) != compute_facts_digest(CATALOGUE)


@settings(max_examples=30, deadline=None)
@given(catalogues, st.randoms(use_true_random=False))
def test_the_order_of_facts_does_not_change_it(catalogue: Catalogue, order: random.Random) -> None:
    def shuffle(facts: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(order.sample(facts, len(facts)))

    shuffled = Catalogue(**{name: shuffle(getattr(catalogue, name)) for name in Catalogue.model_fields})
    assert compute_facts_digest(shuffled) == compute_facts_digest(catalogue)
