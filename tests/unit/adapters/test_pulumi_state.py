"""Interrupted creates in an exported state: read, settled, and told from what is not the fleet's."""

import json
from typing import Any

import pytest

from orchestrator.adapters.pulumi_state import (
    drop,
    forget_all,
    forget_named,
    list_interrupted,
    list_strangers,
    list_unread,
    read_name,
    settle,
)

STACK = "urn:pulumi:alpha::fleet::pulumi:pulumi:Stack::fleet-alpha"
PROVIDER = "urn:pulumi:alpha::fleet::pulumi:providers:hcloud::alpha"
SERVER = "hcloud:index/server:Server"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
LABELS = {"fleet": "fleet", "machine": "btc-1.1"}


def make_resource(name: str, kind: str = SERVER, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:alpha::fleet::{kind}::{name}"
    return {"urn": urn, "custom": True, "type": kind, "provider": f"{PROVIDER}::1-2-3", **more}


def make_state(*pending: dict[str, Any], resources: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    root = {"urn": STACK, "custom": False, "type": "pulumi:pulumi:Stack"}
    provider = {"urn": PROVIDER, "custom": True, "type": "pulumi:providers:hcloud", "id": "1-2-3"}
    return {"manifest": {}, "resources": [root, provider, *resources], "pending_operations": list(pending)}


def create(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "creating", "resource": make_resource(name, **more)}


def test_creates_are_read_without_their_secrets() -> None:
    inputs = {"name": "fleet-btc-1-1", "userData": SECRET, "networks": [{"key": SECRET}], "labels": LABELS, "size": 10}
    state = make_state(
        create("btc-1-1", inputs=inputs), {"type": "deleting", "resource": make_resource("btc-2-1", id="7")}
    )
    (found,) = list_interrupted(state)
    assert (found.name, found.type, found.provider) == ("btc-1-1", SERVER, "alpha")
    assert found.inputs == {"name": "fleet-btc-1-1", "labels": LABELS, "size": 10}


@pytest.mark.parametrize("state", [{}, {"pending_operations": None}, make_state()])
def test_most_states_have_nothing_interrupted(state: dict[str, Any]) -> None:
    assert list_interrupted(state) == ()
    assert list(list_unread(state)) == []


def test_what_the_cloud_has_becomes_a_resource_to_be_read_and_the_rest_is_forgotten() -> None:
    kept = make_resource("network", id="1", outputs={"id": "1"})
    state = make_state(
        create("btc-1-1", inputs={"name": "a", "userData": SECRET}), create("btc-2-1"), resources=(kept,)
    )
    urns = [operation["resource"]["urn"] for operation in state["pending_operations"]]
    settled = settle(state, {urns[0]: "42", urns[1]: None})
    assert settled["pending_operations"] == []
    assert settled["resources"][:3] == state["resources"]
    (adopted,) = settled["resources"][3:]
    assert (adopted["urn"], adopted["id"], adopted["inputs"]["userData"]) == (urns[0], "42", SECRET)
    assert list(list_unread(settled)) == [urns[0]]
    assert json.dumps(state) == json.dumps(make_state(*state["pending_operations"], resources=(kept,)))


def test_what_was_read_is_not_read_again() -> None:
    state = make_state(resources=(make_resource("btc-1-1", id="42", outputs={"name": "a"}),))
    assert list(list_unread(state)) == []


def test_a_create_that_two_runs_were_cut_short_in_is_adopted_once() -> None:
    state = make_state(create("btc-1-1"), create("btc-1-1"))
    (urn,) = {operation["resource"]["urn"] for operation in state["pending_operations"]}
    assert len(settle(state, {urn: "42"})["resources"]) == len(state["resources"]) + 1


def test_a_resource_that_the_state_has_is_not_adopted_over_it() -> None:
    known = make_resource("btc-1-1", id="41", outputs={"name": "a"})
    settled = settle(make_state(create("btc-1-1"), resources=(known,)), {known["urn"]: "42"})
    assert settled["resources"][2:] == [known]


@pytest.mark.parametrize(
    ("outputs", "strange"),
    [
        ({"labels": LABELS}, False),
        ({"labels": {**LABELS, "more": "x"}}, False),
        ({"labels": {}, "effectiveLabels": LABELS}, False),  # gcp, imported
        ({"labels": {**LABELS, "fleet": "another"}}, True),
        ({"labels": {}}, True),
        ({}, True),
    ],
)
def test_what_does_not_carry_the_labels_is_a_strangers(outputs: dict[str, Any], strange: bool) -> None:
    before = make_state(create("btc-1-1", inputs={"labels": LABELS}), create("subnet", inputs={"ipRange": "x"}))
    creates = list_interrupted(before)
    after = settle(before, {each.urn: "42" for each in creates})
    after["resources"][-2]["outputs"] = outputs
    found = list_strangers(after, creates)
    assert [each.name for each in found] == (["btc-1-1"] if strange else [])
    assert len(drop(after, found)["resources"]) == 4 - len(found)


def chain(name: str, *needs: str, **more: Any) -> dict[str, Any]:
    return {
        "urn": f"urn:pulumi:x::p::t::{name}",
        "dependencies": [f"urn:pulumi:x::p::t::{each}" for each in needs],
        **more,
    }


def test_what_is_forgotten_by_name_takes_along_all_that_needs_it() -> None:
    provider = {"provider": "urn:pulumi:x::p::t::cloud::0b1"}
    state = {
        "resources": [
            chain("cloud"),
            chain("firewall", **provider),
            chain("btc-1-1", "firewall", **provider),
            chain("btc-1-1-data", **provider),
            chain("label", propertyDependencies={"server": ["urn:pulumi:x::p::t::btc-1-1"]}),
            chain("child", parent="urn:pulumi:x::p::t::label"),
            chain("btc-1-10", "firewall", **provider),
        ],
        "pending_operations": [
            {"type": "deleting", "resource": chain("btc-1-1")},
            {"type": "updating", "resource": chain("btc-1-10")},
        ],
    }
    left = forget_named(state, {"btc-1-1", "btc-1-1-data"})
    assert [read_name(each["urn"]) for each in left["resources"]] == ["cloud", "firewall", "btc-1-10"]
    assert [read_name(each["resource"]["urn"]) for each in left["pending_operations"]] == ["btc-1-10"]
    assert len(state["resources"]) == 7
    assert [read_name(each["urn"]) for each in forget_named(state, {"cloud"})["resources"]] == []
    assert forget_all(state) == {"resources": [], "pending_operations": []}
    assert forget_named({}, {"x"}) == {"resources": [], "pending_operations": []}
