"""The state of a terminated account is let go by the real engine, without a program and without a cloud."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.pulumi import AccountStack, PulumiProject, open_stack

pytestmark = pytest.mark.engine

FIREWALL, SERVER, VOLUME = "hcloud:index/firewall:Firewall", "hcloud:index/server:Server", "hcloud:index/volume:Volume"


def make_resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:alpha::project::{kind}::{name}"
    return {"urn": urn, "type": kind, "custom": kind != "pulumi:pulumi:Stack", "inputs": {}, **more}


def list_names(stack: AccountStack) -> list[str]:
    return [each["urn"].rpartition("::")[2] for each in stack._export()["deployment"].get("resources") or ()]


@pytest.fixture
def stack(tmp_path: Path) -> AccountStack:
    """A stack of two servers, one of them with a volume, all protected; its program would fail if it were run."""
    (tmp_path / "Pulumi.yaml").write_text("name: project\nruntime: python\nmain: nowhere\n")
    (tmp_path / "backend").mkdir()
    environment = {"PULUMI_BACKEND_URL": f"file://{tmp_path}/backend", "PULUMI_CONFIG_PASSPHRASE": "test"}
    opened = open_stack(PulumiProject(tmp_path, environment), "alpha", "all")
    root = make_resource("pulumi:pulumi:Stack", "project-alpha")
    provider = make_resource("pulumi:providers:hcloud", "alpha", id="0b1", parent=root["urn"])
    shared = {"provider": f"{provider['urn']}::0b1", "parent": root["urn"], "protect": True}
    firewall = make_resource(FIREWALL, "firewall", id="1", **shared)
    servers = [
        make_resource(SERVER, name, id=name, dependencies=[firewall["urn"]], **shared)
        for name in ("btc-1-1", "eth-1-1")
    ]
    volume = make_resource(VOLUME, "btc-1-1-data", id="4", **shared)
    state = opened._export()
    state["deployment"]["resources"] = [root, provider, firewall, *servers, volume]
    opened._import(state)
    return opened


def test_machines_and_their_parts_are_let_go_by_name_though_they_are_protected(stack: AccountStack) -> None:
    stack.forget({"btc-1-1", "btc-1-1-data"})
    assert list_names(stack) == ["project-alpha", "alpha", "firewall", "eth-1-1"]
    stack.forget({"btc-1-1", "btc-1-1-data"})  # a killed command is run again
    assert list_names(stack) == ["project-alpha", "alpha", "firewall", "eth-1-1"]


def test_a_stack_is_emptied_and_may_be_emptied_again(stack: AccountStack) -> None:
    stack.forget(None)
    stack.forget(None)
    assert (list_names(stack), stack.has_state(), stack.fetch_outputs()) == ([], False, {})


def test_all_of_one_account_s_credentials_leaves_a_stack_that_others_share(stack: AccountStack) -> None:
    state = stack._export()
    root = state["deployment"]["resources"][0]["urn"]
    other = make_resource("pulumi:providers:hcloud", "beta", id="0b2", parent=root)
    server = make_resource(SERVER, "btc-2-1", id="9", provider=f"{other['urn']}::0b2", parent=root, protect=True)
    state["deployment"]["resources"] += [other, server]
    stack._import(state)
    assert stack.forget((), {"alpha"})
    assert list_names(stack) == ["project-alpha", "beta", "btc-2-1"]


def test_what_an_interrupted_run_began_elsewhere_is_never_dropped(
    stack: AccountStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine drops every pending operation of a state that it imports, so nothing is imported."""
    state = stack._export()
    begun = {"resource": make_resource(SERVER, "eth-2-1"), "type": "creating"}
    monkeypatch.setattr(
        stack, "_export", lambda: {"deployment": {**state["deployment"], "pending_operations": [begun]}}
    )
    monkeypatch.setattr(stack, "_import", lambda _state: pytest.fail("it was imported"))
    assert not stack.forget({"btc-1-1"})
    own = {"resource": make_resource(SERVER, "btc-1-1"), "type": "creating"}
    imported: list[Any] = []
    monkeypatch.setattr(stack, "_export", lambda: {"deployment": {**state["deployment"], "pending_operations": [own]}})
    monkeypatch.setattr(stack, "_import", imported.append)
    assert stack.forget({"btc-1-1"})
    assert imported[0]["deployment"]["pending_operations"] == []
