"""What the program declares of an account, read from the engine's state, and that it declares the same twice."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.adapters.sync_records import SYNCS_NAME, read_sync_records
from orchestrator.model.lock import Machine
from tests.rehearsed_fleet import RehearsedFleet, put_on_top

pytestmark = [pytest.mark.engine, pytest.mark.machines]

SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"  # the engine's own, of a value that is a secret
ANYWHERE = ["0.0.0.0/0", "::/0"]


@pytest.fixture(scope="module")
def resources(fleet: RehearsedFleet) -> dict[str, dict[str, Any]]:
    return fleet.list_resources("hetzner-a")


@pytest.fixture(scope="module")
def machine(fleet: RehearsedFleet) -> Machine:
    (only,) = fleet.lock.get_machines("hetzner-a")
    return only


def test_plain_pulumi_sees_no_change_after_up(fleet: RehearsedFleet) -> None:
    for account in ("hetzner-a", "metal"):
        done = fleet.pulumi("preview", "--expect-no-changes", "--stack", account)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "unchanged" in done.stdout


def test_second_up_changes_nothing(fleet: RehearsedFleet) -> None:
    records = [fleet.get_record(machine) for machine in fleet.lock.machines]
    done = fleet.must("up", "--rehearse")
    assert "nothing to change; 3 of 3 machines in sync" in done.out
    assert [fleet.get_record(machine) for machine in fleet.lock.machines] == records


def test_up_measured_how_long_each_new_machine_took_to_be_in_sync(fleet: RehearsedFleet) -> None:
    records = read_sync_records(fleet.world_folder / SYNCS_NAME)
    measured = {name: record.methods for name, record in records.items() if record.in_sync is not None}
    assert measured.items() >= {machine.machine: {"btcd": "genesis"} for machine in fleet.lock.machines}.items()
    assert not (fleet.folder / SYNCS_NAME).exists()  # what a rehearsal took says nothing of production


def test_each_account_exports_the_revision(fleet: RehearsedFleet) -> None:
    for account in ("hetzner-a", "hetzner-b", "metal"):
        outputs = next(iter(fleet.list_resources(account).values()))["outputs"]
        assert outputs["revision"] == fleet.lock.header.revision
        assert set(outputs["machines"]) == {machine.machine for machine in fleet.lock.get_machines(account)}


def test_firewall_lets_in_ssh_from_operator_and_the_clients_world_ports_alone(
    fleet: RehearsedFleet, resources: Mapping[str, Any]
) -> None:
    rules = resources["firewall-btc"]["inputs"]["rules"]
    assert {rule["direction"] for rule in rules} == {"in"}  # what no rule allows is refused
    allowed = {(rule["protocol"], rule.get("port")): rule["sourceIps"] for rule in rules}
    assert allowed == {
        ("tcp", "22"): [f"{fleet.world.host_address}/32"],
        ("tcp", "18444"): ANYWHERE,  # peers; the RPC port is not among them
        ("icmp", None): ANYWHERE,
    }
    assert len(rules) == len(allowed)


def test_server_and_volume_are_protected_and_the_volume_outlives_its_stack(
    resources: Mapping[str, Any], machine: Machine
) -> None:
    server, volume = resources[machine.hostname], resources[f"{machine.hostname}-volume"]
    assert server["protect"] is True
    assert server["inputs"]["deleteProtection"] is True
    assert server["inputs"]["rebuildProtection"] is True
    assert volume["protect"] is True
    assert volume["retainOnDelete"] is True
    assert volume["inputs"]["deleteProtection"] is True
    assert volume["inputs"]["size"] == 100


def test_enrolled_host_is_protected_too(fleet: RehearsedFleet) -> None:
    (machine,) = fleet.lock.get_machines("metal")
    claim = fleet.list_resources("metal")[machine.hostname]
    assert claim["protect"] is True
    assert claim["inputs"]["machine"] == machine.machine
    assert json.loads(fleet.ask(machine, "cat /etc/orchestrator/claim.json")) == {
        "fleet": "small",
        "machine": machine.machine,
    }


def test_labels_say_what_a_resource_belongs_to(resources: Mapping[str, Any], machine: Machine) -> None:
    labels = {
        "fleet": "small",
        "group": "btc",
        "node": machine.node,
        "machine": machine.machine,
        "managed-by": "node-orchestrator",
    }
    assert resources[machine.hostname]["inputs"]["labels"] == labels
    assert resources[f"{machine.hostname}-volume"]["inputs"]["labels"] == labels


def test_server_stands_in_a_spreading_placement_group(resources: Mapping[str, Any], machine: Machine) -> None:
    spread = resources["spread-btc-fsn1-1"]
    assert spread["inputs"]["type"] == "spread"
    assert str(resources[machine.hostname]["inputs"]["placementGroupId"]) == spread["id"]


def test_single_use_host_key_is_a_secret_in_the_state(
    fleet: RehearsedFleet, resources: Mapping[str, Any], machine: Machine
) -> None:
    server = resources[machine.hostname]
    assert SECRET_MARK in server["inputs"]["userData"].values()
    assert SECRET_MARK in server["outputs"]["userData"].values()
    assert "PRIVATE KEY" not in fleet.export("hetzner-a")
    assert "PRIVATE KEY" in fleet.export("hetzner-a", "--show-secrets")
    kept = [path for path in (fleet.world_folder / "state").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"PRIVATE KEY" in path.read_bytes()]


def test_single_use_host_key_is_gone_from_the_machine(fleet: RehearsedFleet, machine: Machine) -> None:
    born_with = next(iter(fleet.list_resources("hetzner-a").values()))["outputs"]["machines"][machine.machine]
    now = fleet.ask(machine, "cat /etc/ssh/ssh_host_ed25519_key.pub")
    assert born_with["host_key"].split()[1] not in now


def test_existing_machines_keep_their_image(fleet: RehearsedFleet, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "images.csv").write_text(
        "provider,region,arch,image_id,os,source,source_date\nhetzner,,x86_64,999,debian-12,a newer image,2026-11-01\n"
    )
    plan = fleet.must("place", "--dry-run", "--catalog", str(folder), "--format", "json").read()
    assert {machine["change"] for machine in plan["machines"]} == {"keep"}
    edited = put_on_top(
        fleet.lock,
        tuple(
            machine.model_copy(update={"image": "999"}) if machine.image else machine for machine in fleet.lock.machines
        ),
    )
    with fleet.with_lock(edited):
        done = fleet.pulumi("preview", "--expect-no-changes", "--stack", "hetzner-a")
    assert done.returncode == 0, done.stdout + done.stderr
