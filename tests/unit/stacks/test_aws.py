"""What AWS gets of each machine, whole; and that nothing of it can be left out unnoticed."""

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.model.fleet import Access
from orchestrator.model.lock import Machine
from tests.unit.stacks.mutants import find_survivors
from tests.unit.stacks.registration import (
    Registered,
    load_module,
    register,
    stacks_on_path,
)
from tests.unit.stacks.scenario import (
    KEY,
    OTHER_KEY,
    Place,
    make_account,
    make_declaration,
    make_machine,
    make_machines,
)

with stacks_on_path():
    import pulumi
    from declaration import get_spread
    from survey import find_id

    AWS = load_module("aws")

FIRST = Place("us-east-1", "us-east-1a", "use1-az2", "t3.large", "ami-1", "gp3")
SECOND = Place("eu-west-1", "eu-west-1b", "euw1-az3", "m6a.large", "ami-2", "gp3")
ACCOUNT = make_account("aws", regions=("us-east-1", "eu-west-1"), project="123456789012")
CONFIG = {"aws:profile": "nodes", "aws:accessKey": "AKIA0", "aws:secretKey": "s", "aws:token": "t"}
MACHINES = make_machines((FIRST, SECOND), volume_iops=16000)

ADDED: Mapping[str, dict[str, Any]] = {
    "aws:ec2/vpc:Vpc": {"ipv6CidrBlock": "2600:1f18:1:100::/56"},
    "aws:ec2/subnet:Subnet": {"availabilityZone": "the account's own letter"},
    "aws:ec2/instance:Instance": {"publicIp": "192.0.2.1"},
    "aws:ec2/eip:Eip": {"publicIp": "192.0.2.2"},
}


def answer(kind: str, name: str, _inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"id-of-{name}", ADDED.get(kind, {})


# How what an interrupted run made is looked up; declares nothing.
SEARCHING = frozenset(
    {"list_labelled", "SEARCH", "TYPES_BY_ARN", "name_in_region", "read_name", "name_import", "by_id"}
)


def declare(
    module: Any = AWS,
    machines: tuple[Machine, ...] = MACHINES,
    config: Mapping[str, str] = CONFIG,
    **how: Any,
) -> tuple[Registered, Any]:
    """What the module registers, and exports."""
    return register(module, make_declaration(ACCOUNT, machines, **how), answer, config)


@pytest.mark.slow
def test_nothing_can_be_left_out_unnoticed() -> None:
    signer = MACHINES[
        -1:
    ]  # with a reserved address, provisioned operations and a burstable type: it takes every branch
    assert find_survivors("aws", lambda module: declare(module, signer), skipped=SEARCHING) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zone_id": None}, "zone us-east-1a has no id of an availability zone"),
        ({"zone_id": "use1-bos1-az1"}, "has no id of an availability zone"),
        ({"volume_gib": None}, "the local disks of t3.large lose their data when it stops"),
    ],
)
def test_what_it_does_not_make_it_refuses(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(pulumi.RunError, match=words):
        declare(machines=(make_machine("btc-1.1", FIRST, **changes),))


@pytest.mark.parametrize(
    ("volume_type", "iops", "throughput"),
    [("gp3", None, None), ("gp3", 3000, 125), ("gp3", 16000, 250), ("gp3", 80000, 1000), ("io2", 64000, None)],
)
def test_throughput_follows_operations(volume_type: str, iops: int | None, throughput: int | None) -> None:
    machine = make_machine("btc-1.1", FIRST, volume_type=volume_type, volume_iops=iops)
    volume = declare(machines=(machine,))[0]["btc-1-1-volume"]["inputs"]
    assert (volume.get("iops"), volume.get("throughput")) == (iops, throughput)


def test_a_new_key_has_a_new_name_and_a_new_comment_has_not() -> None:
    def name(key: str) -> str:
        access = Access(ssh_keys=(key,), ssh_from=("192.0.2.0/24",))
        found, _ = register(AWS, replace(make_declaration(ACCOUNT, MACHINES[:1]), access=access), answer)
        return str(found["operator-us-east-1"]["inputs"]["keyName"])

    assert name(KEY) == name(f"{KEY} at work")
    assert name(KEY) != name(OTHER_KEY)


def test_placement_groups_have_room_for_every_node_twice() -> None:
    members: dict[str, set[str]] = {}
    for number in range(1, 60):
        machine = make_machine(f"btc-{number}.1", FIRST)
        members.setdefault(get_spread(machine, AWS.NODES_PER_PLACEMENT_GROUP), set()).add(machine.node)
    assert max(2 * len(nodes) for nodes in members.values()) <= 7
    assert len(members) == 20


def test_every_type_can_be_found_again_after_an_interrupted_create() -> None:
    resources, _ = declare()
    declared = {resource["type"] for resource in resources.values()} - {"a call", "pulumi:providers:aws"}
    assert declared == set(AWS.SEARCH.types)


def test_what_carries_the_tags_is_told_apart_by_type_region_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every resource of the golden, listed by its ARN, is found under its own import id by the inputs of its create."""
    resources, _ = declare()
    words = {kind: word for word, kind in AWS.TYPES_BY_ARN.items()}
    listed: dict[str, list[SimpleNamespace]] = {}
    for name, resource in resources.items():
        if resource["type"] in words:
            inputs = resource["inputs"]
            arn = f"arn:aws:ec2:{inputs['region']}:1:{words[resource['type']]}/id-of-{name}"
            listed.setdefault(inputs["region"], []).append(SimpleNamespace(resource_arn=arn, tags=inputs["tags"]))

    def get_resources(region: str, **_: Any) -> SimpleNamespace:
        return SimpleNamespace(resource_tag_mapping_lists=listed[region])

    monkeypatch.setattr(AWS.resourcegroupstaggingapi, "get_resources", get_resources)
    found = list(AWS.list_labelled(make_declaration(ACCOUNT, MACHINES).area, None))
    for name, resource in resources.items():
        way = AWS.SEARCH.types.get(resource["type"])
        if resource["type"] in words:
            assert find_id(way, resource, found) == f"id-of-{name}@{resource['inputs']['region']}"
    keys = resources["operator-us-east-1"]
    assert find_id(AWS.SEARCH.types[keys["type"]], keys, found) == f"{keys['inputs']['keyName']}@us-east-1"
    attachment = resources["btc-2-2-data"]
    assert find_id(AWS.SEARCH.types[attachment["type"]], attachment, found) == (
        "/dev/sdf:id-of-btc-2-2-volume:id-of-btc-2-2@eu-west-1"
    )


@pytest.mark.parametrize(
    ("regions", "config", "region"),
    [
        ((), {}, "us-east-1"),
        (("eu-west-1", "us-east-1"), {}, "eu-west-1"),
        ((), {"aws:region": "eu-west-3"}, "eu-west-3"),
    ],
)
def test_where_credentials_are_checked(regions: tuple[str, ...], config: dict[str, str], region: str) -> None:
    declaration = make_declaration(make_account("aws", regions=regions), MACHINES[:1])
    inputs = register(AWS, declaration, answer, config)[0]["acme"]["inputs"]
    assert inputs["region"] == region
    assert "allowedAccountIds" not in inputs
