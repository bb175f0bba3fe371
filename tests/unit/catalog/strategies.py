"""Random facts, for properties of the loaders."""

from decimal import Decimal
from itertools import product
from typing import TypeVar

from hypothesis import strategies as st

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.site import PRICE_OF_STORAGE, Image, MachineType, StoragePrice, Zone

Known = TypeVar("Known")

PROVIDERS = ("acme", "aws", "umbrella")
REGIONS = ("north", "south", "west")
ZONE_NAMES = ("a", "b", "c")

# Whatever a person may type into a cell: commas, quotes, accents; no control characters, no spaces at the ends.
free_text = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12) | st.sampled_from(
    ('a,b "c"', "x, y", "")
)
prices = st.none() | st.decimals(min_value=0, max_value=10**6, places=6)


def known(values: tuple[Known, ...]) -> st.SearchStrategy[Known | None]:
    """One of the values, or not known."""
    return st.none() | st.sampled_from(values)


zones = st.builds(
    Zone,
    provider=st.sampled_from(PROVIDERS),
    region=st.sampled_from(REGIONS),
    zone=st.sampled_from(ZONE_NAMES),
    zone_id=st.none() | free_text.filter(bool),
    country=known(("DE", "FI", "US")),
    jurisdiction=known(("EU", "US")),
    operator_jurisdiction=known(("EU", "US")),
    continent=known(("Europe", "North America")),
    asn=known(("24940", "16509")),
    latitude=st.none() | st.floats(-90, 90),
    longitude=st.none() | st.floats(-180, 180),
    capacity=st.none() | st.integers(0, 10**6),
    source=free_text,
    source_date=st.sampled_from(("", "2026-01-31")),
)

machine_types = st.builds(
    MachineType,
    provider=st.sampled_from(PROVIDERS),
    region=st.sampled_from(REGIONS),
    name=st.sampled_from(("small", "large")),
    vcpus=st.integers(1, 256),
    cpu=st.sampled_from(("dedicated", "shared", "burstable")),
    memory_gib=st.decimals(min_value=Decimal("0.5"), max_value=4096, places=1),
    local_disk_gib=st.integers(0, 10**5),
    local_disk_iops=known((1, 300_000)),
    disk_kind=known(("nvme", "ssd", "hdd")),
    arch=st.sampled_from(("x86_64", "arm64")),
    usd_per_month=prices,
    zones=st.lists(st.sampled_from(ZONE_NAMES), unique=True).map(sorted).map(tuple),
    capacity=st.none() | st.integers(0, 100),
    source=free_text,
)


@st.composite
def build_storage_price(draw: st.DrawFn) -> StoragePrice:
    """A price in the unit of its kind."""
    kind = draw(st.sampled_from(tuple(PRICE_OF_STORAGE)))
    return StoragePrice(
        provider=draw(st.sampled_from(PROVIDERS)),
        region=draw(st.sampled_from(("", *REGIONS))),
        kind=kind,
        type=draw(st.sampled_from(("fast", "slow"))),
        disk_kind=draw(known(("ssd", "hdd"))) if kind == "volume" else None,
        most_iops=draw(known((1, 16_000))) if kind == "volume" else None,
        from_gb=draw(st.sampled_from((0, 9, 10, 1000))),
        **{PRICE_OF_STORAGE[kind]: draw(prices)},
    )


images = st.builds(
    Image,
    provider=st.sampled_from(PROVIDERS),
    region=st.sampled_from(("", *REGIONS)),
    arch=st.sampled_from(("x86_64", "arm64")),
    image_id=free_text.filter(bool),
    os=st.just("debian-12"),
)


def place_zone(provider: str, region: str, name: str) -> st.SearchStrategy[Zone]:
    """A zone of that name with random facts."""
    return zones.map(lambda zone: zone.model_copy(update={"provider": provider, "region": region, "zone": name}))


# Zones of every region, so that no machine type refers to one that isn't there.
every_zone = st.tuples(*(place_zone(*place) for place in product(PROVIDERS, REGIONS, ZONE_NAMES)))

catalogues = st.builds(
    Catalogue,
    zones=every_zone,
    machine_types=st.lists(machine_types, unique_by=lambda row: (row.provider, row.region, row.name), max_size=8).map(
        tuple
    ),
    storage_prices=st.lists(
        build_storage_price(),
        unique_by=lambda row: (row.provider, row.region, row.kind, row.type, row.from_gb),
        max_size=8,
    ).map(tuple),
    images=st.lists(images, unique_by=lambda row: (row.provider, row.region, row.arch), max_size=4).map(tuple),
)
