"""How what an interrupted run made is found: each provider's own way for each type, and what is answered."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.unit.stacks import test_aws, test_gcp, test_hetzner
from tests.unit.stacks.registration import load_module, stacks_on_path

with stacks_on_path():
    from survey import FOLDER_VARIABLE, FOUND_FILE, INTERRUPTED_FILE, Again, Area, ById, ByName, Found, Search, Survey

AREA = Area("fleet", "alpha", ("r1",))
SEARCH = Search(
    lambda area, _options: [
        Found("server", "42", f"{area.fleet}-btc-1-1"),
        Found("server", "43", f"{area.fleet}-btc-9-1"),
        Found("volume", "44", f"{area.fleet}-btc-2-1"),
    ],
    {
        "server": ByName(),
        "volume": ByName(lambda inputs: inputs["tags"]["Name"]),
        "subnet": ById(lambda inputs: f"{inputs['network']}-{inputs['range']}"),
        "claim": Again(),
    },
)


def make_create(kind: str, provider: str = "alpha", **inputs: Any) -> dict[str, Any]:
    return {"urn": f"urn::{kind}::{len(inputs)}", "type": kind, "provider": provider, "inputs": inputs}


def fail(_area: Area, _options: pulumi.InvokeOptions | None) -> list[Found]:
    raise Exception("API down")  # as the SDKs do


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / INTERRUPTED_FILE).write_text("[]")
    return tmp_path


def ask(folder: Path, search: Search, *creates: dict[str, Any]) -> Any:
    (folder / INTERRUPTED_FILE).write_text(json.dumps(creates))
    survey = Survey()
    survey.take(search, AREA, None)
    survey.write()
    return json.loads((folder / FOUND_FILE).read_text())


@pytest.mark.parametrize(
    ("create", "identifier"),
    [
        (make_create("server", name="fleet-btc-1-1"), "42"),
        (make_create("server", name="fleet-btc-2-1"), None),  # a volume has that name, no server
        (make_create("volume", tags={"Name": "fleet-btc-2-1"}), "44"),
        (make_create("subnet", network="7", range="10.0.0.0/18"), "7-10.0.0.0/18"),
        (make_create("claim"), None),
    ],
)
def test_each_create_is_found_in_its_types_own_way(folder: Path, create: dict[str, Any], identifier: str) -> None:
    assert ask(folder, SEARCH, create)["ids"] == {create["urn"]: identifier}


def test_all_that_carries_the_labels_is_told(folder: Path) -> None:
    told = ask(folder, SEARCH)["labelled"]
    assert [(each["account"], each["type"], each["id"]) for each in told] == [
        ("alpha", "server", "42"),
        ("alpha", "server", "43"),
        ("alpha", "volume", "44"),
    ]


def test_a_type_that_nobody_can_find_is_left_out(folder: Path) -> None:
    assert ask(folder, SEARCH, make_create("network", name="fleet"))["ids"] == {}


def test_a_silent_cloud_is_noted_where_nothing_was_interrupted(folder: Path) -> None:
    told = ask(folder, Search(fail, SEARCH.types))
    assert (told["labelled"], told["silent"]) == ([], {"alpha": "API down"})


def test_a_silent_cloud_fails_the_account_whose_create_was_interrupted(folder: Path) -> None:
    with pytest.raises(pulumi.RunError, match="cannot be looked up: API down"):
        ask(folder, Search(fail, SEARCH.types), make_create("server", name="x"))
    assert not (folder / FOUND_FILE).exists()


def test_nothing_is_asked_unless_the_controller_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    survey = Survey()
    assert survey.take(Search(fail, {}), AREA, None) == []
    survey.write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("provider", [test_aws, test_gcp, test_hetzner], ids=["aws", "gcp", "hetzner"])
def test_every_type_that_a_provider_declares_can_be_found_again(provider: Any) -> None:
    name = provider.__name__.rpartition("_")[2]
    declared, _ = provider.declare()
    kinds = {each["type"] for each in declared.values()} - {"a call"}
    known = load_module(name).SEARCH.types
    assert {kind for kind in kinds if not kind.startswith("pulumi:")} - set(known) == set()


def test_hetzners_parts_without_labels_are_known_by_ids_that_pulumi_imports() -> None:
    types = load_module("hetzner").SEARCH.types
    subnet = types["hcloud:index/networkSubnet:NetworkSubnet"]
    attachment = types["hcloud:index/volumeAttachment:VolumeAttachment"]
    assert subnet.build_id({"networkId": 4711.0, "ipRange": "10.64.0.0/18"}) == "4711-10.64.0.0/18"
    assert attachment.build_id({"serverId": 1.0, "volumeId": 12.0}) == "12"
