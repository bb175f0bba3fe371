import importlib.util
import json
import os
import stat
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.adapters import ansible
from orchestrator.adapters.ansible import (
    HostOutcome,
    Playbook,
    TaskEvent,
    build_host_variables,
    compute_ansible_folder_digest,
    configure_hosts,
    hash_folder,
    read_error,
    render_inventory,
)
from orchestrator.folders import find_asset
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.host_config import ClientConfig, Genesis, HostConfig, compute_configuration_digest

LIBRARY = find_asset("ansible") / "library"


def make_host(name: str = "btc-1.1", *, peers: tuple[str, ...] = (), folder: str = "/artifacts/a") -> HostConfig:
    client = ClientConfig(
        name="btcd",
        role="node",
        network="regtest",
        ports={"p2p": 18444},
        artifact_folder=folder,
        artifact_digest="sha256:ab",
        peers=peers,
    )
    endpoint = Endpoint(machine=name, address="127.0.0.1", port=1, host_keys=("ssh-ed25519 AAAA",))
    return HostConfig(endpoint=endpoint, hostname=name.replace(".", "-"), clients=(client,))


@given(st.permutations(["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"]))
def test_the_digest_knows_no_order_and_no_way_of_reaching(peers: list[str]) -> None:
    host = make_host(peers=tuple(peers))
    moved = host.model_copy(update={"endpoint": host.endpoint.model_copy(update={"address": "192.0.2.1"})})
    expected = compute_configuration_digest(make_host(peers=tuple(sorted(peers))), "d")
    assert compute_configuration_digest(host, "d") == compute_configuration_digest(moved, "d") == expected
    assert compute_configuration_digest(make_host(peers=tuple(peers), folder="/elsewhere"), "d") == expected


def test_the_digest_tells_every_wish_apart() -> None:
    host = make_host(peers=("a:1",))
    client = host.clients[0]
    others = [
        make_host(peers=("a:1", "b:1")),
        make_host("btc-1.2", peers=("a:1",)),
        host.model_copy(update={"hostname": "other"}),
        host.model_copy(update={"volume_device": "/dev/x"}),
        host.model_copy(update={"clients": ()}),
        host.model_copy(update={"genesis": Genesis(name="g", folder="/g", digest="sha256:1")}),
        host.model_copy(update={"genesis": Genesis(name="g", folder="/g", digest="sha256:2")}),
        *(
            host.model_copy(update={"clients": (client.model_copy(update=change),)})
            for change in ({"name": "other"}, {"network": "mainnet"}, {"artifact_digest": "sha256:cd"})
        ),
    ]
    digests = [compute_configuration_digest(each, "d") for each in (host, *others)]
    digests.append(compute_configuration_digest(host, "e"))
    assert len(set(digests)) == len(digests)


def test_the_folder_digest_sees_content_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ansible, "find_asset", lambda _: tmp_path)
    (tmp_path / "a.yml").write_text("1")
    first = compute_ansible_folder_digest()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("compiled")
    assert compute_ansible_folder_digest() == first
    (tmp_path / "a.yml").write_text("2")
    second = compute_ansible_folder_digest()
    (tmp_path / "a.yml").rename(tmp_path / "b.yml")
    assert len({first, second, compute_ansible_folder_digest()}) == 3


def test_hosts_are_reached_by_their_pinned_key_alone() -> None:
    host = make_host()
    user = host.endpoint.model_copy(update={"machine": "btc-2.1", "user": "debian"})
    playbook = Playbook("x.yml", [host.endpoint, user], {"btc-1.1": {"v": 1}, "btc-2.1": {}}, 1)
    hosts = render_inventory(playbook, Path("/keys/id"), Path("/run/known_hosts"))["all"]["hosts"]
    options = hosts["btc-1.1"]["ansible_ssh_common_args"]
    for option in ("HostKeyAlias=btc-1.1", "StrictHostKeyChecking=yes", "UserKnownHostsFile=/run/known_hosts"):
        assert f"-o {option}" in options
    assert hosts["btc-1.1"]["v"] == 1
    assert not hosts["btc-1.1"]["ansible_become"]
    assert hosts["btc-2.1"]["ansible_become"]


def test_artifacts_are_named_by_content(tmp_path: Path) -> None:
    (tmp_path / "btcd").write_text("program")
    host = make_host(folder=str(tmp_path))
    (client,) = build_host_variables(host, "d", {str(tmp_path): hash_folder(tmp_path)})["clients"]
    assert list(client["artifact_files"]) == ["btcd/sha256-ab/btcd"]


def test_a_genesis_is_named_by_content(tmp_path: Path) -> None:
    (tmp_path / "genesis.json").write_text("{}")
    host = make_host(folder=str(tmp_path))
    assert build_host_variables(host, "d", {str(tmp_path): {}})["development_network"] is None
    genesis = Genesis(name="genesis-dev", folder=str(tmp_path), digest="sha256:cd")
    host = host.model_copy(update={"genesis": genesis})
    network = build_host_variables(host, "d", {str(tmp_path): hash_folder(tmp_path)})["development_network"]
    assert network["path"] == "genesis-dev/sha256-cd"
    assert list(network["files"]) == ["genesis-dev/sha256-cd/genesis.json"]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"msg": "no space"}, "no space"),
        ({"msg": "non-zero return code", "stderr": "boom\n"}, "non-zero return code; boom"),
        ({"msg": "One or more items failed", "results": [{"msg": "fine"}, {"failed": True, "msg": "bad"}]}, "bad"),
        ({"msg": "same", "stderr": "same"}, "same"),
        ({}, "it failed without a word"),
    ],
)
def test_a_failed_task_says_why(result: dict[str, Any], expected: str) -> None:
    assert read_error(result) == expected


def test_hosts_out_of_reach_have_their_error_and_the_rest_goes_on(tmp_path: Path) -> None:
    """Runs Ansible for real, against a port where nothing listens."""
    (tmp_path / "btcd").write_text("program")
    (tmp_path / "id").write_text("")
    hosts = [make_host(f"btc-{number}.1", folder=str(tmp_path)) for number in (1, 2)]
    events: list[TaskEvent] = []
    outcomes = configure_hosts(hosts, tmp_path / "id", tmp_path / "run", events.append)
    assert [outcome.status for outcome in outcomes.values()] == ["unreachable", "unreachable"]
    assert all("port 1" in (outcome.error or "") for outcome in outcomes.values())
    assert {event.machine for event in events if event.status == "unreachable"} == {"btc-1.1", "btc-2.1"}
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["ansible.log"]


def test_no_hosts_no_run(tmp_path: Path) -> None:
    assert configure_hosts([], tmp_path / "id", tmp_path, lambda _: None) == {}


def test_outcomes_follow_the_events() -> None:
    events: list[TaskEvent] = []
    account = ansible._Account(events.append)
    for kind, data in [
        ("runner_on_start", {"host": "a", "task": "t"}),
        ("runner_on_ok", {"host": "a", "task": "t", "res": {"changed": True}}),
        ("runner_on_ok", {"host": "b", "task": "t", "res": {"changed": False}}),
        ("runner_on_failed", {"host": "b", "task": "u", "res": {"msg": "bad"}}),
        ("runner_on_failed", {"host": "a", "task": "v", "ignore_errors": True, "res": {"msg": "never mind"}}),
        ("runner_item_on_ok", {"host": "a", "task": "v"}),
        ("playbook_on_stats", {"ok": {"a": 2, "b": 1}, "changed": {"a": 1}, "failures": {"b": 1}, "dark": {}}),
    ]:
        account.handle({"event": kind, "event_data": data})
    assert [account.judge(name, "the log's end\n") for name in "abc"] == [
        HostOutcome("a", "ok", 1),
        HostOutcome("b", "failed", 0, "u: bad"),
        HostOutcome("c", "failed", 0, "Ansible did not finish: the log's end"),
    ]
    assert [(event.machine, event.status) for event in events] == [
        ("a", "running"),
        ("a", "changed"),
        ("b", "ok"),
        ("b", "failed"),
        ("a", "ok"),
    ]


# The module that writes files, as it runs on machines.


@pytest.fixture
def managed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("managed_files", LIBRARY / "managed_files.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PENDING", tmp_path / "pending")
    return module


def run_module(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **params: Any
) -> dict[str, Any]:
    from ansible.module_utils.testing import patch_module_args  # type: ignore[import-untyped]  # noqa: PLC0415

    with patch_module_args(params), pytest.raises(SystemExit):
        module.main()
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.skipif(os.geteuid() != 0, reason="files get an owner")
def test_files_are_written_once_and_labels_stay_until_settled(
    managed_files: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted: dict[str, Any] = {
        "secrets": [{"name": "password", "path": str(tmp_path / "secret"), "bytes": 16}],
        "files": [
            {"path": str(tmp_path / "a/conf"), "content": "pass=@@password@@\n", "mode": "0640", "label": "a.restart"},
            {"path": str(tmp_path / "b"), "content": "b"},
        ],
        "links": [{"path": str(tmp_path / "current"), "target": str(tmp_path / "a"), "label": "a.link"}],
    }
    first = run_module(managed_files, monkeypatch, capsys, **wanted)
    assert first["changed"]
    assert first["labels"] == ["a.link", "a.restart"]
    secret = (tmp_path / "secret").read_text().strip()
    assert len(secret) == 32
    assert secret not in json.dumps(first)
    assert (tmp_path / "a/conf").read_text() == f"pass={secret}\n"
    assert stat.S_IMODE((tmp_path / "a/conf").stat().st_mode) == 0o640

    # A run that was killed here left its labels: the next one, which changes nothing, still gets them.
    second = run_module(managed_files, monkeypatch, capsys, **wanted)
    assert not second["changed"]
    assert second["labels"] == first["labels"]
    run_module(managed_files, monkeypatch, capsys, settle=True)
    third = run_module(managed_files, monkeypatch, capsys, **wanted)
    assert (third["changed"], third["labels"]) == (False, [])
    assert third["checksums"] == first["checksums"]

    (tmp_path / "a/conf").chmod(0o644)
    assert run_module(managed_files, monkeypatch, capsys, **wanted)["labels"] == ["a.restart"]
    (tmp_path / "b").unlink()
    (tmp_path / "b").symlink_to("/etc/passwd")
    assert run_module(managed_files, monkeypatch, capsys, **wanted)["changed_paths"] == [str(tmp_path / "b")]
    assert not (tmp_path / "b").is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="files get an owner")
def test_check_mode_writes_nothing(
    managed_files: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [{"path": str(tmp_path / "a"), "content": "a", "label": "x"}]
    answer = run_module(managed_files, monkeypatch, capsys, files=files, _ansible_check_mode=True)
    assert answer["changed"]
    assert list(tmp_path.iterdir()) == []


def test_a_user_that_is_missing_is_an_error(
    managed_files: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [{"path": str(tmp_path / "a"), "content": "a", "owner": "no-such-user"}]
    answer = run_module(managed_files, monkeypatch, capsys, files=files)
    assert answer["failed"]
    assert "no-such-user" in answer["msg"]
