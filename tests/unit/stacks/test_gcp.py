"""What Google Cloud gets of each machine, whole; that nothing of it can be left out unnoticed; what is refused."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.catalog.catalogue import load_catalogue
from orchestrator.model.lock import Machine
from tests.unit.stacks.mutants import find_survivors
from tests.unit.stacks.registration import Registered, load_module, register, stacks_on_path
from tests.unit.stacks.scenario import (
    ACCESS,
    KEY,
    Place,
    make_account,
    make_declaration,
    make_machine,
    make_machines,
)

with stacks_on_path():
    import pulumi
    from startup_script import render_startup_script

    GCP = load_module("gcp")

IMAGE = "projects/debian-cloud/global/images/debian-12"
FIRST = Place("us-central1", "us-central1-a", None, "n2-standard-2", IMAGE, "pd-balanced")
SECOND = Place("europe-west4", "europe-west4-b", None, "e2-standard-2", IMAGE, "pd-ssd")
ACCOUNT = make_account("gcp", regions=("us-central1", "europe-west4"), project="example-nodes")
CONFIG = {"gcp:credentials": "{}", "gcp:accessToken": "t"}
MACHINES = make_machines((FIRST, SECOND), volume_type="hyperdisk-balanced", volume_iops=16000)

ADDED: Mapping[str, dict[str, Any]] = {
    "gcp:compute/instance:Instance": {"networkInterfaces": [{"accessConfigs": [{"natIp": "192.0.2.1"}]}]},
    "gcp:compute/address:Address": {"address": "192.0.2.2"},
}
# The search for what an interrupted run made: held below.
SEARCHING = frozenset({"find_path", "build_attachment_id", "SEARCH"})


def answer(kind: str, name: str, _inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"id-of-{name}", ADDED.get(kind, {})


def declare(
    module: Any = GCP, machines: tuple[Machine, ...] = MACHINES, config: Mapping[str, str] = CONFIG, **how: Any
) -> tuple[Registered, Any]:
    """What the module registers, and exports."""
    return register(module, make_declaration(ACCOUNT, machines, **how), answer, config)


@pytest.mark.slow
def test_nothing_can_be_left_out_unnoticed() -> None:
    signer = MACHINES[-1:]  # with a reserved address, provisioned operations and a placement policy: every branch
    assert find_survivors("gcp", lambda module: declare(module, signer), skipped=SEARCHING) == []


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"project": None}, "account acme names no project: add project: ID to it in the spec"),
    ({"volume_gib": None, "volume_type": None}, {}, "the local disks of n2-standard-2 lose their data when it stops"),
    ({"volume_iops": 3000}, {}, "the IOPS of a pd-balanced disk follow from its size and cannot be provisioned"),
    ({"region": "moon-east1"}, {}, "region moon-east1 has no addresses yet"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_cannot_be_declared_is_one_sentence(number: int) -> None:
    machine, account, words = REFUSED[number]
    wrong = make_machine("btc-1.1", FIRST, **machine)
    declaration = make_declaration(ACCOUNT.model_copy(update=account), (wrong,))
    with pytest.raises(pulumi.RunError, match=re.escape(words)):
        register(GCP, declaration, answer, CONFIG)


def test_operators_without_ipv4_cannot_reach_a_machine() -> None:
    with pytest.raises(pulumi.RunError, match=r"access\.ssh_from has no IPv4 network"):
        GCP.list_ipv4_sources(("2001:db8::/64",))


def test_each_known_region_has_addresses_of_its_own() -> None:
    regions = sorted({zone.region for zone in load_catalogue(wanted=[("gcp", ())]).zones})
    assert len({GCP.get_range(region) for region in regions}) == len(regions)


def test_names_are_cut_to_what_google_takes_and_stay_apart() -> None:
    long = "a" * 40
    assert GCP.name_in_cloud("demo", "btc-1-1") == "demo-btc-1-1"
    names = {GCP.name_in_cloud(long, f"{long}-{number}-1") for number in range(20)}
    assert len(names) == 20
    assert all(re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])", name) for name in names)


def test_ids_follow_from_what_is_declared() -> None:
    """As `pulumi import` takes them, and as the rehearsed API gives them out."""
    inputs = {
        "project": "p",
        "name": "n",
        "zone": "z",
        "region": "r",
        "instance": "projects/p/zones/z/instances/i",
        "disk": "projects/p/zones/z/disks/d",
    }
    ids = {kind.rpartition(":")[2]: way.build_id(inputs) for kind, way in GCP.SEARCH.types.items()}
    assert ids == {
        "Network": "projects/p/global/networks/n",
        "Subnetwork": "projects/p/regions/r/subnetworks/n",
        "Firewall": "projects/p/global/firewalls/n",
        "ResourcePolicy": "projects/p/regions/r/resourcePolicies/n",
        "Address": "projects/p/regions/r/addresses/n",
        "Disk": "projects/p/zones/z/disks/n",
        "Instance": "projects/p/zones/z/instances/n",
        "AttachedDisk": "projects/p/zones/z/instances/i/d",
    }


def test_the_startup_script_is_sound_and_the_same_twice(tmp_path: Path) -> None:
    hostile = f"{KEY} it's $(reboot) `reboot` \\"
    script = render_startup_script("00" * 32, "btc-1.1", "btc-1-1", (*ACCESS.ssh_keys, hostile))
    assert script == render_startup_script("00" * 32, "btc-1.1", "btc-1-1", (*ACCESS.ssh_keys, hostile))
    path = tmp_path / "script"
    path.write_text(script)
    subprocess.run(["/bin/sh", "-n", str(path)], check=True)
    (line,) = [line for line in script.splitlines() if line.endswith("/root/.ssh/authorized_keys")]
    keys = tmp_path / "keys"
    subprocess.run(["/bin/sh", "-c", line.replace("/root/.ssh/authorized_keys", str(keys))], check=True)
    assert keys.read_text().splitlines() == [*ACCESS.ssh_keys, hostile]
