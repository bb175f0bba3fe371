import contextlib
import hashlib
import importlib.util
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from orchestrator.adapters.probes import probe_machines, read_observation
from orchestrator.adapters.ssh import CommandResult
from orchestrator.folders import find_asset
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import RemoteFailure
from orchestrator.model.health import ClientHealth, Observation

SCRIPTS = find_asset("ansible") / "roles" / "client" / "files"


def test_an_answer_becomes_an_observation() -> None:
    answer = {
        "boot_id": "b",
        "digest": "sha256:1",
        "drifted": ["/etc/a"],
        "clients": [{"client": "btcd", "role": "node", "active": True, "height": 3}],
    }
    assert read_observation("m.1", CommandResult(0, json.dumps(answer), "")) == Observation(
        machine="m.1",
        boot_id="b",
        digest="sha256:1",
        drifted=("/etc/a",),
        clients=(ClientHealth(role="node", client="btcd", active=True, height=3),),
    )


def test_a_machine_that_was_never_configured_carries_nothing() -> None:
    assert read_observation("m.1", CommandResult(127, "", "sh: not found")) == Observation(machine="m.1")


UNREADABLE = ("", "garbage", "[]", '{"clients": 3}', '{"surprise": 1}', '{"boot_id": 5}', "[" * 100_000, "9" * 5000)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (RemoteFailure("no route"), "no route"),
        (CommandResult(1, "", "no space left"), "no space left"),
        *((CommandResult(0, said, ""), "cannot be read") for said in UNREADABLE),
    ],
)
def test_whatever_goes_wrong_is_the_observations_error(result: CommandResult | RemoteFailure, words: str) -> None:
    observation = read_observation("m.1", result)
    assert words in str(observation.error)
    assert observation.clients == ()


def test_what_a_machine_says_moves_no_cursor() -> None:
    client = {"client": "btcd", "role": "node", "active": True, "version": "\x1b[2J1.0\n", "error": "\x1b]0;x\x07"}
    seen = read_observation("btc-1.1", CommandResult(0, json.dumps({"boot_id": "x", "clients": [client]}), ""))
    assert seen.clients[0].version == r"\x1b[2J1.0\n"
    assert str(seen.clients[0].error).isprintable()
    failed = read_observation("btc-1.1", CommandResult(1, "", "\x1b[2Jno"))
    assert failed.error == r"the probe failed: \x1b[2Jno"


def test_unreachable_machines_are_observed_in_order(tmp_path: Path) -> None:
    identity = tmp_path / "identity"
    identity.write_text("unused: nothing is pinned")
    endpoints = [Endpoint(machine=f"m-{number}.1", address="127.0.0.1", port=1) for number in range(3)]
    observed = probe_machines(endpoints, identity)
    assert [each.machine for each in observed] == ["m-0.1", "m-1.1", "m-2.1"]
    assert all("no host key is pinned" in (each.error or "") for each in observed)


# The probe itself, as it runs on machines.


def load_script(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    loader = SourceFileLoader(f"script_{name}", str(SCRIPTS / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader.exec_module(module)
    return module


Reply = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


class Client:
    """A stand-in for a client's RPC server, which replies as it is told; `calls` are what it was asked."""

    def __init__(self, reply: Reply) -> None:
        self.calls: list[tuple[str, list[Any]]] = []
        self.authorizations: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.calls.append((request["method"], request["params"]))
                outer.authorizations.append(self.headers["Authorization"])
                with contextlib.suppress(OSError):
                    reply(self, request)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


def send(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(body)


CHAIN = {"blocks": 7, "headers": 9, "bestblockhash": "00ab", "peers": ["a", "b"], "version": 260200, "head": "0x10"}
CALLS = [
    {"method": "chain", "facts": {"height": {"path": ["blocks"]}, "head_hash": {"path": ["bestblockhash"]}}},
    {
        "method": "header",
        "params": ["{head_hash}", 1],
        "facts": {
            "headers": {"path": ["headers"]},
            "peers": {"path": ["peers"], "as": "length"},
            "version": {"path": ["version"], "as": "packed_version"},
            "head_time": {"path": ["head"], "as": "hex"},
        },
    },
]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Reply], tuple[Client, ModuleType]]]:
    clients = []

    def start(reply: Reply) -> tuple[Client, ModuleType]:
        client = Client(reply)
        clients.append(client)
        (tmp_path / "password").write_text("secret\n")
        rpc = {"url": client.url, "user": "u", "password_file": str(tmp_path / "password")}
        description = {"role": "node", "unit": "node.service", "health": {"rpc": rpc, "calls": CALLS}}
        (tmp_path / "node.json").write_text(json.dumps(description))
        probe = load_script("probe", monkeypatch)
        monkeypatch.setattr(probe.client_rpc, "CLIENTS", tmp_path)
        monkeypatch.setattr(probe.client_rpc, "DEADLINE", 1.0)
        monkeypatch.setattr(probe, "is_active", lambda unit: unit == "node.service")
        return client, probe

    yield start
    for client in clients:
        client.server.shutdown()
        client.server.server_close()


def test_facts_are_picked_out_of_the_answers(
    serve: Callable[[Reply], tuple[Client, ModuleType]], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, probe = serve(lambda handler, _: send(handler, json.dumps({"result": CHAIN, "error": None}).encode()))
    monkeypatch.setattr(probe.time, "time", lambda: 20.5)
    assert probe.probe_client("node") == {
        "client": "node",
        "role": "node",
        "active": True,
        "follows": True,
        "head_age": 4,
        "head_age_limit": None,
        "height": 7,
        "head_hash": "00ab",
        "headers": 9,
        "peers": 2,
        "version": "0.26.2",
        "head_time": 16,
    }
    assert client.calls == [("chain", []), ("header", ["00ab", 1])]
    assert client.authorizations == ["Basic dTpzZWNyZXQ="] * 2


def test_no_server_and_no_description(
    serve: Callable[[Reply], tuple[Client, ModuleType]], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, probe = serve(lambda handler, _: send(handler, b""))
    client.server.shutdown()
    client.server.server_close()
    client.server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)  # closed by the fixture
    threading.Thread(target=client.server.serve_forever, daemon=True).start()
    assert "Refused" in probe.probe_client("node")["error"]
    assert "FileNotFoundError" in probe.probe_client("other")["error"]


def test_drift_is_found_by_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = load_script("probe", monkeypatch)
    monkeypatch.setattr(probe, "STATE", tmp_path)
    monkeypatch.setattr(probe, "HASHES", tmp_path / "hashes.json")
    assert probe.find_drifted() == []
    assert probe.read_digest() is None
    names = ["kept", "edited", "removed"]
    for name in names:
        (tmp_path / name).write_text(name)
    lines = [f"{hashlib.sha256(name.encode()).hexdigest()}  {tmp_path / name}\n" for name in names]
    (tmp_path / "manifest").write_text("".join(lines))
    (tmp_path / "digest").write_text("sha256:1\n")
    assert probe.find_drifted() == []
    (tmp_path / "edited").write_text("by hand")
    (tmp_path / "removed").unlink()
    assert probe.find_drifted() == [str(tmp_path / "edited"), str(tmp_path / "removed")]
    assert probe.read_digest() == "sha256:1"


def test_what_was_hashed_is_hashed_again_where_it_was_touched_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = load_script("probe", monkeypatch)
    monkeypatch.setattr(probe, "STATE", tmp_path)
    monkeypatch.setattr(probe, "HASHES", tmp_path / "hashes.json")
    program = tmp_path / "program"
    program.write_text("program")
    (tmp_path / "manifest").write_text(f"{hashlib.sha256(b'program').hexdigest()}  {program}\n")
    assert probe.find_drifted() == []
    monkeypatch.setattr(probe.hashlib, "sha256", lambda: pytest.fail("it was read again"))
    assert probe.find_drifted() == []
    monkeypatch.undo()
    monkeypatch.setattr(probe, "STATE", tmp_path)
    monkeypatch.setattr(probe, "HASHES", tmp_path / "hashes.json")
    state = program.stat()
    program.write_text("PROGRAM")
    os.utime(program, ns=(state.st_atime_ns, state.st_mtime_ns))  # as someone would who hides a change
    assert probe.find_drifted() == [str(program)]
    (tmp_path / "hashes.json").write_text("[]")
    assert probe.find_drifted() == [str(program)]


def test_peers_are_told_what_differs_from_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def reply(handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        refused = request["params"][0] == "new-2:1"
        error = {"code": -8, "message": "peer already connected"} if refused else None
        send(handler, json.dumps({"result": None, "error": error}).encode())

    client = Client(reply)
    peers = load_script("peers", monkeypatch)
    monkeypatch.setattr(peers.client_rpc, "CLIENTS", tmp_path)
    wanted, told = tmp_path / "peers", tmp_path / "told"
    wanted.write_text("kept:1\nnew-1:1\nnew-2:1\n")
    told.write_text("kept:1\nold:1\n")
    step = {kind: {"method": "addnode", "params": ["{peer}", kind]} for kind in ("add", "remove")}
    description = {
        "peers_file": str(wanted),
        "started_with": str(told),
        "peers": step,
        "health": {"rpc": {"url": client.url}},
    }
    (tmp_path / "node.json").write_text(json.dumps(description))
    assert peers.main(["node"]) == 0
    assert client.calls == [
        ("addnode", ["old:1", "remove"]),
        ("addnode", ["new-1:1", "add"]),
        ("addnode", ["new-2:1", "add"]),
    ]
    assert json.loads(capsys.readouterr().out) == {"add": ["new-1:1"], "remove": ["old:1"], "refused": ["new-2:1"]}
    assert peers.main(["node"]) == 0
    assert len(client.calls) == 3
    client.server.shutdown()
    client.server.server_close()
    wanted.write_text("")
    assert peers.main(["node"]) == 1
    assert told.read_text() != wanted.read_text()


class RestClient:
    """A stand-in for a client with a REST interface: what is at each path, and what it was asked."""

    def __init__(self, pages: dict[str, tuple[int, str]]) -> None:
        self.calls: list[tuple[str, str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
                outer.calls.append((self.command, self.path, body))
                status, text = pages.get(self.path, (404, '{"code": 404, "message": "no such page"}'))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.rpc = {"url": f"http://127.0.0.1:{self.server.server_port}"}


@pytest.fixture
def serve_pages() -> Iterator[Callable[[dict[str, tuple[int, str]]], RestClient]]:
    made: list[RestClient] = []

    def start(pages: dict[str, tuple[int, str]]) -> RestClient:
        made.append(RestClient(pages))
        return made[-1]

    yield start
    for client in made:
        client.server.shutdown()
        client.server.server_close()


def describe(folder: Path, health: dict[str, Any], **more: Any) -> None:
    description = {"role": "consensus", "unit": "node.service", "health": health, **more}
    (folder / "node.json").write_text(json.dumps(description))


def test_a_rest_interface_is_asked_and_its_refusals_are_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve_pages: Callable[[dict[str, tuple[int, str]]], RestClient]
) -> None:
    client = serve_pages(
        {
            "/version": (200, '{"data": {"version": "Prysm/v6.0.4 (linux amd64)"}}'),
            "/syncing": (200, '{"data": {"is_syncing": true, "height": "12"}}'),
        }
    )
    probe = load_script("probe", monkeypatch)
    monkeypatch.setattr(probe.client_rpc, "CLIENTS", tmp_path)
    monkeypatch.setattr(probe, "is_active", lambda _: True)
    calls: list[dict[str, Any]] = [
        {"get": "/version", "facts": {"version": {"path": ["data", "version"], "as": "client_version"}}},
        {
            "get": "/syncing",
            "facts": {
                "syncing": {"path": ["data", "is_syncing"], "as": "flag"},
                "height": {"path": ["data", "height"], "as": "number"},
            },
        },
    ]
    describe(tmp_path, {"rpc": client.rpc, "calls": calls}, head_age=60)
    seen = probe.probe_client("node")
    assert ClientHealth.model_validate(seen) == ClientHealth(
        role="consensus", client="node", active=True, version="6.0.4", syncing=True, height=12, head_age_limit=60
    )
    describe(tmp_path, {"rpc": client.rpc, "calls": [{"get": "/gone", "facts": {}}]})
    assert "HTTP status 404" in probe.probe_client("node")["error"]


def test_a_client_without_calls_follows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = load_script("probe", monkeypatch)
    monkeypatch.setattr(probe.client_rpc, "CLIENTS", tmp_path)
    monkeypatch.setattr(probe, "is_active", lambda _: False)
    describe(tmp_path, {})
    seen = ClientHealth.model_validate(probe.probe_client("node"))
    assert (seen.active, seen.follows, seen.error) == (False, False, None)


def test_peers_are_told_over_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve_pages: Callable[[dict[str, tuple[int, str]]], RestClient]
) -> None:
    client = serve_pages({"/peers": (200, ""), "/peers/old": (200, "")})
    script = load_script("peers", monkeypatch)
    monkeypatch.setattr(script.client_rpc, "CLIENTS", tmp_path)
    steps = {"add": {"post": "/peers", "body": {"addr": "{peer}"}}, "remove": {"delete": "/peers/{peer_name}"}}
    files = {"peers_file": str(tmp_path / "wanted"), "started_with": str(tmp_path / "told")}
    describe(tmp_path, {"rpc": client.rpc}, peers=steps, **files)
    (tmp_path / "wanted").write_text("/ip4/192.0.2.1/p2p/new\n")
    (tmp_path / "told").write_text("/ip4/192.0.2.2/p2p/old\n")
    assert script.main(["node"]) == 0
    assert client.calls == [("DELETE", "/peers/old", ""), ("POST", "/peers", '{"addr": "/ip4/192.0.2.1/p2p/new"}')]


def test_a_unix_socket_is_asked_a_line_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = load_script("probe", monkeypatch)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "ipc"))
        server.listen()

        def answer() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as requests:
                request = json.loads(requests.readline())
                connection.sendall(json.dumps({"id": 1, "result": [request["jsonrpc"], request["method"]]}).encode())
                connection.sendall(b"\n")

        threading.Thread(target=answer, daemon=True).start()
        rpc = {"url": f"unix://{tmp_path}/ipc"}
        assert probe.client_rpc.call(rpc, "eth_syncing", []) == ["2.0", "eth_syncing"]
    with pytest.raises(probe.client_rpc.RpcError, match="Refused"):
        probe.client_rpc.call(rpc, "eth_syncing", [])


def test_a_cookie_is_read_at_each_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = load_script("probe", monkeypatch)
    rpc = {"cookie_file": str(tmp_path / ".cookie")}
    for cookie in ("__cookie__:one", "__cookie__:two"):
        (tmp_path / ".cookie").write_text(cookie)
        assert probe.client_rpc.read_credentials(rpc) == cookie


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("client_version", "Geth/v1.16.7-stable/linux-amd64/go1.26.8", "1.16.7"),
        ("client_version", "Prysm/v6.0.4 (linux amd64)", "6.0.4"),
        ("enode_key", "enode://ab12@127.0.0.1:30303?discport=0", "ab12"),
    ],
)
def test_words_of_ethereums_clients_are_unpacked(
    form: str, text: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_script("probe", monkeypatch).FORMS[form](text) == expected


def test_an_identity_that_could_be_more_than_a_name_is_refused() -> None:
    client = {"client": "geth", "role": "execution", "active": True, "identity": "aa --rpc=0.0.0.0"}
    seen = read_observation("m.1", CommandResult(0, json.dumps({"clients": [client]}), ""))
    assert "cannot be read" in (seen.error or "")
