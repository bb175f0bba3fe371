"""Where state, secrets, artifacts and controller are, held against where the machines are."""

from datetime import date, timedelta
from typing import Any

import pytest

from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import MachineState
from orchestrator.model.plan import Finding
from orchestrator.reconcile.control_plane import DRILL_DAYS, PARTS, find_operator_of_url, review_control_plane
from tests.unit.machines import make_machine, make_small_lock
from tests.unit.placement.fleets import at, make_account, make_fleet, make_group

TODAY = date(2026, 11, 23)
HOST = {
    "name": "metal-1",
    "address": "192.0.2.1",
    "host_key": "ssh-ed25519 AAAA",
    "operator": "colo",
    "region": "ams",
    "zone": "cage-7",
    "country": "NL",
    "vcpus": 4,
    "memory_gib": 16,
    "disk_gib": 100,
    "__source__": at(3),
}
LOCK = make_small_lock(
    [
        make_machine("btc-1.1", "alpha"),
        make_machine("btc-2.1", "metal", provider="ssh", host="metal-1"),
        make_machine("btc-3.1", "gamma", provider="aws"),
        make_machine("btc-4.1", "delta", provider="gcp", state=MachineState.LOST),
    ]
)


def make_controlled(control: dict[str, Any] | None) -> Fleet:
    """A fleet at hetzner, aws and on a host of colo, with its control plane; parts stand in lines 20, 21, …"""
    accounts = [
        make_account("alpha", "hetzner"),
        make_account("gamma", "aws"),
        make_account("metal", "ssh", hosts=(HOST,)),
    ]
    fleet = make_fleet(accounts, [make_group()])
    if control is None:
        return fleet
    placed = {name: add_places(part, line) for line, (name, part) in enumerate(control.items(), start=20)}
    return Fleet.model_validate({**fleet.model_dump(by_alias=True), "control": {**placed, "__source__": at(19)}})


def add_places(part: dict[str, Any], line: int) -> dict[str, Any]:
    replicas = [
        {**replica, "__source__": at(100 * line + number)} for number, replica in enumerate(part.pop("replicas", ()))
    ]
    return {**part, "replicas": replicas, "__source__": at(line)}


def review(**parts: dict[str, Any]) -> list[Finding]:
    """The findings, the parts that are not given being with somebody of no concern."""
    control: dict[str, Any] = {name: dict(parts.get(name, {"operator": "office"})) for name in PARTS}
    return list(review_control_plane(make_controlled(control), LOCK, TODAY))


def summarise(findings: list[Finding]) -> list[tuple[str, str, int]]:
    return [(found.level, found.subject, found.source.line) for found in findings]


def test_no_section_is_one_warning_at_the_top() -> None:
    (found,) = review_control_plane(make_controlled(None), LOCK, TODAY)
    assert (found.level, found.source.line) == ("warning", 1)
    assert "state, secrets, artifacts and controller" in found.message


def test_operators_without_machines_are_no_finding() -> None:
    assert review(state={"url": "gs://states"}, secrets={"url": "gcpkms://projects/p"}) == []


@pytest.mark.parametrize("name", PARTS)
def test_a_part_alone_with_an_operator_of_machines_is_an_error_at_its_line(name: str) -> None:
    for keeper in ({"provider": "amazon"}, {"operator": "colo"}):
        (found,) = review(**{name: keeper})
        assert summarise([found]) == [("error", name, 20 + PARTS.index(name))]
    assert "1 of 3 machines (btc-2.1)" in found.message
    assert "if colo fails tonight" in found.message


def test_every_part_says_what_its_own_loss_means() -> None:
    messages = {name: review(**{name: {"operator": "colo"}})[0].message for name in PARTS}
    endings = {message.partition("these are lost and ")[2] for message in messages.values()}
    assert len(endings) == len(PARTS)
    assert "orchestrator recover" in messages["state"]


@pytest.mark.parametrize(
    ("url", "operator"),
    [
        ("s3://states?region=eu-central-1", "aws"),
        ("s3://states?endpoint=http://127.0.0.1:7070&s3ForcePathStyle=true", None),
        ("gs://states", "gcp"),
        ("azblob://states?storage_account=x", "azure"),
        ("https://api.pulumi.com", "pulumi"),
        ("https://pulumi.example.org", None),
        ("awskms://alias/key?region=eu-central-1", "aws"),
        ("gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k", "gcp"),
        ("azurekeyvault://vault.vault.azure.net/keys/k", "azure"),
        ("hashivault://key", None),
        ("passphrase", None),
    ],
)
def test_a_url_says_its_operator_where_it_can(url: str, operator: str | None) -> None:
    assert find_operator_of_url(url) == operator


def test_a_url_that_says_nobody_needs_a_keeper() -> None:
    url = "s3://states?endpoint=https://s3.example.org"
    assert summarise(review(state={"url": url})) == [("warning", "state", 20)]
    assert summarise(review(state={"url": url, "operator": "colo"})) == [("error", "state", 20)]


def test_a_local_state_is_where_the_controller_is() -> None:
    findings = review(state={"url": "file:///var/lib/state"}, controller={"operator": "colo"})
    assert summarise(findings) == [("error", "state", 20), ("error", "controller", 23)]


def test_a_replica_counts_only_with_another_operator() -> None:
    drilled = {"drilled": TODAY}
    assert review(state={"provider": "aws", "replicas": [{"provider": "hetzner", **drilled}]}) == []
    same = review(state={"provider": "aws", "replicas": [{"provider": "aws", "region": "us-east-1", **drilled}]})
    assert summarise(same) == [("error", "state", 20)]
    nobody = review(state={"provider": "aws", "replicas": [drilled]})
    assert summarise(nobody) == [("warning", "state", 2000), ("error", "state", 20)]


@pytest.mark.parametrize(
    ("drilled", "words"),
    [
        (TODAY - timedelta(days=DRILL_DAYS), None),
        (TODAY - timedelta(days=DRILL_DAYS + 1), "91 days ago"),
        (TODAY + timedelta(days=1), "yet to come"),
        (None, "never drilled"),
    ],
)
def test_a_replica_is_worth_its_last_drill(drilled: date | None, words: str | None) -> None:
    found = review(state={"provider": "aws", "replicas": [{"provider": "hetzner", "drilled": drilled}]})
    assert summarise(found) == ([] if words is None else [("warning", "state", 2000)])
    assert words is None or words in found[0].message


def test_one_drilled_replica_of_several_is_enough() -> None:
    replicas = [{"provider": "hetzner"}, {"operator": "office", "drilled": TODAY}]
    assert review(state={"provider": "aws", "replicas": replicas}) == []
