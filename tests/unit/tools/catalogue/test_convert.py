"""The converter: facts carried over from the source's form, and refused where it cannot know what is meant."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator.catalog.catalogue import load_catalogue
from tools.catalogue.__main__ import convert, main
from tools.catalogue.families import classify_cpu

REGIONS = """\
provider,region,zones,zone_ids,country,jurisdiction,continent,latitude,longitude,asn,provider_country,status,source,source_date
aws,us-east-1,us-east-1a;us-east-1b,use1-az2;use1-az4,US,US,North America,39.0,-77.5,16509,US,active,dump,2026-01-31
aws,cn-north-1,,,CN,CN,Asia,39.8,116.6,16509,US,inactive,dump,2026-01-31
gcp,us-central1,us-central1-a;us-central1-b,,US,US,North America,41.2,-95.9,396982,US,active,dump,2026-01-31
hetzner,fsn1,fsn1-dc14,,DE,EU,Europe,50.5,12.3,24940,DE,active,dump,2026-01-31
azure,eastus,,,US,US,North America,,,8075,US,active,dump,2026-01-31
"""
MACHINES = """\
provider,machine_type,vcpus,memory_gib,local_disk_gb,arch,region,usd_per_hour,price_date,price_source,native_price,native_unit,zones_offered,spec_source
aws,i4i.large,2,16,468,x86_64,us-east-1,0.172,2026-07-20,karpenter,,,b,moto-5.2.5
aws,m7g.large,2,8,0,arm64,us-east-1,,,,,,a;b,moto-5.2.5
aws,m7g.large,2,8,0,arm64,cn-north-1,,,,,,,moto-5.2.5
gcp,c3-standard-4-lssd,4,16,375,x86_64,us-central1,0.242704,2026-07-30,gcosts,,,a,gcosts+sc-data-dumps
hetzner,ccx13,2,8,80,x86_64,fsn1,0.06556,2026-09-08,snapshot,42.99,EUR/month cap ex VAT,,sc-data-dumps
azure,D2,2,8,0,x86_64,eastus,0.1,2023-12-08,skypilot,,,,x
"""
STORAGE = """\
provider,region,kind,type,tier,usd_price,unit,native_price,price_date,source,note
gcp,us-central1,block,pd-ssd,,0.17,GiB-month,,2026-07-30,gcosts,
gcp,us-central1,block,pd-extreme,,0.125,GiB-month,,2026-07-30,gcosts,
gcp,us-central1,local,local-ssd,,0.08,GiB-month,,2026-07-30,gcosts,
gcp,us-central1,egress,internet premium tier to China,1-10 TiB,0.22,GiB,,2026-07-30,gcosts,
hetzner,fsn1,block,volume,,0.06656,GB-month,,2026-05-27,platform,
hetzner,fsn1,egress,internet,overage,0.001164,GB,,2026-05-27,platform,
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "source", {})


def write_source(folder: Path, changes: Mapping[str, tuple[str, str]]) -> Path:
    folder.mkdir()
    for name, text in (("regions.csv", REGIONS), ("machines.csv", MACHINES), ("storage.csv", STORAGE)):
        old, new = changes.get(name, ("", ""))
        assert old in text
        (folder / name).write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return folder


def test_what_is_converted_loads_as_a_catalogue(source: Path, tmp_path: Path) -> None:
    assert main([str(source), "--to", str(tmp_path / "out")]) == 0
    catalogue = load_catalogue(only=tmp_path / "out")
    zones = [(zone.zone, zone.zone_id, zone.facility, zone.operator_jurisdiction) for zone in catalogue.zones]
    assert zones == [
        ("us-east-1a", "use1-az2", None, "US"),
        ("us-east-1b", "use1-az4", None, "US"),
        ("us-central1-a", "us-central1-a", None, "US"),
        ("us-central1-b", "us-central1-b", None, "US"),
        ("fsn1-dc14", "fsn1-dc14", "fsn1-dc14", "EU"),
    ]
    machines = [
        (k.name, k.cpu, k.local_disk_gib, k.disk_kind, k.arch, k.zones, str(k.usd_per_month), k.source_date)
        for k in catalogue.machine_types
    ]
    assert machines == [
        ("i4i.large", "dedicated", 435, "nvme", "x86_64", ("us-east-1b",), "125.56", "2026-07-20"),
        ("m7g.large", "dedicated", 0, None, "arm64", ("us-east-1a", "us-east-1b"), "None", "2026-08-02"),
        ("c3-standard-4-lssd", "dedicated", 375, "nvme", "x86_64", ("us-central1-a",), "177.17392", "2026-07-30"),
        ("ccx13", "dedicated", 74, "nvme", "x86_64", (), "47.860767", "2026-09-08"),
    ]
    converted = [row for row in catalogue.storage_prices if row.source in ("gcosts", "platform")]
    assert [(r.provider, r.region, r.type, r.disk_kind, r.from_gb, str(r.price)) for r in converted] == [
        ("gcp", "us-central1", "internet-china", None, 1100, "0.204891"),
        ("gcp", "us-central1", "pd-ssd", "ssd", 0, "0.17"),
        ("hetzner", "", "volume", "ssd", 0, "0.071468"),
        ("hetzner", "fsn1", "internet", None, 21990, "0.001164"),
    ]
    assert {image.provider for image in catalogue.images} == {"aws", "gcp", "hetzner"}


def test_the_same_source_gives_the_same_files(source: Path) -> None:
    assert convert(source) == convert(source)


@pytest.mark.parametrize(
    ("name", "old", "new", "error"),
    [
        (
            "machines.csv",
            "i4i.large",
            "u99.large",
            "machines.csv:2:1: nobody has classified the family of aws u99.large",
        ),
        ("machines.csv", ",b,moto", ",e,moto", "machines.csv:2:1: offered in us-east-1e, but the region has"),
        ("regions.csv", "use1-az2;", "", "regions.csv:2:1: 2 zones but 1 zone ids"),
        ("regions.csv", "24940,DE", "24940,FR", "no law known for operators of FR"),
        ("storage.csv", "1-10 TiB", "1-9 TiB", "unknown traffic internet premium tier to China, 1-9 TiB"),
        ("storage.csv", "GB-month", "GB-hour", "unknown unit GB-hour"),
        ("storage.csv", "pd-ssd", "pd-new", "nobody has said what gcp pd-new is made of"),
        ("machines.csv", "zones_offered", "zones_listed", "column zones_offered is missing"),
    ],
)
def test_what_is_not_understood_is_refused_and_nothing_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str, error: str
) -> None:
    changed = write_source(tmp_path / "source", {name: (old, new)})
    assert main([str(changed), "--to", str(tmp_path / "out")]) == 2
    assert error in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_zones_are_not_known_where_the_source_names_them_in_two_ways(tmp_path: Path) -> None:
    text = REGIONS.replace("us-east-1", "us-west-1")
    folder = write_source(tmp_path / "source", {"machines.csv": ("0,arm64,us-east-1,", "0,arm64,us-west-1,")})
    (folder / "regions.csv").write_text(text, encoding="utf-8")
    rows = convert(folder)["machines.csv"].splitlines()
    assert [row for row in rows if "m7g.large" in row] == [
        "aws,us-west-1,m7g.large,2,dedicated,8,0,,,arm64,,,,moto-5.2.5,2026-08-02"
    ]


def test_a_missing_source_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "regions.csv does not exist" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("provider", "name", "cpu"),
    [
        ("aws", "t3.large", "burstable"),
        ("aws", "m7a.large", "dedicated"),
        ("gcp", "e2-medium", "burstable"),
        ("gcp", "e2-standard-8", "shared"),
        ("gcp", "n2d-highmem-4", "dedicated"),
        ("hetzner", "ccx23", "dedicated"),
        ("hetzner", "cpx31", "shared"),
        ("hetzner", "cax11", "shared"),
        ("hetzner", "cx33", "shared"),
    ],
)
def test_families_say_whose_cores_they_are(provider: str, name: str, cpu: str) -> None:
    assert classify_cpu(provider, name) == cpu
