"""What the rehearsed Hetzner lists: held against the SDK's own types, and chosen by label."""

from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from pulumi._types import output_type_types
from pulumi_hcloud.outputs import GetServersServerResult

from orchestrator.model.loss import Loss
from orchestrator.rehearsal.cloud import Unreachable
from orchestrator.rehearsal.hetzner_lists import LISTS, build_functions, parse_selector
from orchestrator.rehearsal.hetzner_project import HetznerProject
from orchestrator.rehearsal.outage import lose
from orchestrator.rehearsal.world import World

OURS = {"fleet": "nodes", "managed-by": "node-orchestrator"}


@pytest.fixture
def project(tmp_path: Path) -> HetznerProject:
    (tmp_path / "machines").mkdir()
    world = World(id="0123abcd", folder=tmp_path, fleet="f", spec_path=tmp_path, subnet=IPv4Network("10.0.0.0/24"))
    return HetznerProject(world, "alpha")


def ask(project: HetznerProject, name: str, **arguments: Any) -> dict[str, Any]:
    return build_functions(project)[f"hcloud:index/{name}:{name}"](arguments)


@pytest.mark.parametrize("name", LISTS)
def test_each_list_tells_what_carries_the_labels(project: HetznerProject, name: str) -> None:
    key, kind, _ = LISTS[name]
    labels = {"1": {**OURS, "machine": "btc-1.1"}, "2": OURS, "3": {"fleet": "others"}, "4": {}}
    for identifier, each in labels.items():
        project.cloud.put_resource(kind, identifier, {"name": f"n{identifier}", "labels": each, "hidden": 1})
    found = ask(project, name, withSelector="fleet=nodes,managed-by=node-orchestrator")[key]
    assert [(each["id"], each["name"]) for each in found] == [(1, "n1"), (2, "n2")]
    assert not any("hidden" in each for each in found)
    assert len(ask(project, name)[key]) == 4


def test_a_server_is_told_in_the_sdks_own_words(project: HetznerProject) -> None:
    project.cloud.put_resource("server", "7", {"name": "a", "serverType": "ccx13", "labels": OURS})
    (server,) = ask(project, "getServers")["servers"]
    assert set(server) <= set(output_type_types(GetServersServerResult))
    assert server["serverType"] == "ccx13"


def test_a_lost_account_lists_nothing(project: HetznerProject) -> None:
    lose(project.world, Loss(kind="account", value="alpha"))
    with pytest.raises(Unreachable, match="alpha is lost"):
        ask(project, "getServers")


@pytest.mark.parametrize(
    ("text", "wanted"), [("", {}), ("a=b", {"a": "b"}), ("a=b,c=d=e", {"a": "b", "c": "d=e"}), ("a=", {"a": ""})]
)
def test_selectors_are_equalities(text: str, wanted: dict[str, str]) -> None:
    assert parse_selector(text) == wanted
