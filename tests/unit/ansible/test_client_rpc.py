"""What runs on a machine and asks a client: whatever the client answers, it ends in time, in bounds and in words."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any, ClassVar

import pytest

from orchestrator.folders import find_asset
from orchestrator.model.health import ClientHealth
from tests.serving import serve

FILES = find_asset("ansible") / "roles" / "client" / "files"
DEADLINE = 0.5  # seconds, in place of the ten that a real client is given
MOST_SECONDS = 5.0  # on a busy machine
MOST_SENT = 32 << 20  # bytes: the limit of 4 MiB, and what sockets hold

Answer = Callable[["Client"], None]


class Client(BaseHTTPRequestHandler):
    """A client whose answer is what the test says."""

    answer: ClassVar[Answer]
    sent: ClassVar[int] = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        try:
            type(self).answer(self)
        except OSError:  # the other side has heard enough
            self.close_connection = True

    def say(self, content: bytes, status: int = 200, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.write(content)

    def write(self, content: bytes) -> None:
        self.wfile.write(content)
        type(self).sent += len(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's own name
        """Says nothing."""


def say(content: bytes, status: int = 200, kind: str = "application/json") -> Answer:
    return lambda client: client.say(content, status, kind)


def result(value: str) -> Answer:
    return say(f'{{"id": 1, "error": null, "result": {value}}}'.encode())


def never_end(client: Client) -> None:
    client.say(b'{"result": "')
    while True:
        client.write(b"x" * (1 << 16))


def drip(client: Client) -> None:
    client.say(b"{")
    for _ in range(1000):
        client.write(b" ")
        client.wfile.flush()
        time.sleep(0.02)


def drip_headers(client: Client) -> None:
    for _ in range(1000):
        client.wfile.write(b"H")
        client.wfile.flush()
        time.sleep(0.02)


def say_no_http(client: Client) -> None:
    client.wfile.write(b"\x00\x01 this is no web server\r\n\r\n")


ANSWERS: dict[str, tuple[Answer, str]] = {
    "garbage": (say(b"\x00\xfe\xffgarbage"), "the answer is not JSON"),
    "nothing": (say(b""), "the answer is not JSON"),
    "a web page": (say(b"<html>503</html>", 503, "text/html"), "HTTP status 503, and the answer is not JSON"),
    "cut short": (say(b'{"result": 1'), "the answer is not JSON"),
    "a list": (say(b"[1]"), "the answer is not a JSON-RPC answer"),
    "a number": (say(b"7"), "the answer is not a JSON-RPC answer"),
    "neither result nor error": (say(b"{}"), "the answer is not a JSON-RPC answer"),
    "nested too deep": (say(b"[" * 200_000), "the answer is not JSON"),
    "a number of 5000 digits": (result("9" * 5000), "the answer is not JSON"),
    "not a number": (result("NaN"), "no number and no text"),
    "null": (result("null"), "no number and no text"),
    "true": (result("true"), "no number and no text"),
    "a mapping": (result('{"height": 5}'), "no number and no text"),
    "an error of its own": (say(b'{"error": {"code": -1, "message": "no"}}'), "getblockcount: no"),
    "an error without a result": (
        say(b'{"result": null, "error": {"code": -28, "message": "loading"}}'),
        "getblockcount: loading",
    ),
    "an error of a megabyte": (say(b'{"error": "' + b"n" * (1 << 20) + b'"}'), "getblockcount: nnn"),
    "eight megabytes": (say(b'{"result": "' + b"x" * (8 << 20) + b'"}'), "longer than 4 MiB"),
    "without end": (never_end, "longer than 4 MiB"),
    "silence": (lambda _client: time.sleep(4 * DEADLINE), "no complete answer within 0.5 s"),
    "drop by drop": (drip, "no complete answer within 0.5 s"),
    "headers drop by drop": (drip_headers, "no complete answer within 0.5 s"),
    "no web server": (say_no_http, "BadStatusLine"),
    "a closed connection": (lambda _client: None, "RemoteDisconnected"),
}


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """The programs of a machine by name, with the folder of clients and the deadline of the test."""
    monkeypatch.syspath_prepend(str(FILES))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loaded = {}
    for name in ("probe", "rpc"):
        loader = SourceFileLoader(f"machine_{name}", str(FILES / name))
        spec = spec_from_loader(loader.name, loader)
        assert spec
        loaded[name] = module_from_spec(spec)
        loader.exec_module(loaded[name])
    shared: Any = sys.modules["client_rpc"]
    monkeypatch.setattr(shared, "CLIENTS", tmp_path)
    monkeypatch.setattr(shared, "DEADLINE", DEADLINE)
    monkeypatch.setattr(loaded["probe"], "is_active", lambda _unit: True)
    yield loaded
    del sys.modules["client_rpc"]


@pytest.fixture
def ask(programs: Any, tmp_path: Path) -> Callable[[Answer], dict[str, Any]]:
    """What the probe reports of a client that answers so."""

    def probe(answer: Answer) -> dict[str, Any]:
        Client.answer, Client.sent = staticmethod(answer), 0
        with serve(Client) as address:
            calls = [{"method": "getblockcount", "facts": {"height": {"path": []}}}]
            description = {"role": "node", "unit": "x.service", "health": {"rpc": {"url": address}, "calls": calls}}
            (tmp_path / "btcd.json").write_text(json.dumps(description))
            begin = time.monotonic()
            seen: dict[str, Any] = programs["probe"].probe_client("btcd")
            assert time.monotonic() - begin < MOST_SECONDS
        return seen

    return probe


@pytest.mark.parametrize("name", ANSWERS)
def test_a_bad_answer_is_an_error_in_time_and_in_bounds(ask: Callable[[Answer], dict[str, Any]], name: str) -> None:
    answer, words = ANSWERS[name]
    seen = ask(answer)
    assert seen["active"]
    assert words in seen["error"]
    assert len(seen["error"]) <= 400
    assert ClientHealth.model_validate(seen).error
    assert "height" not in seen
    assert Client.sent < MOST_SENT
    assert "Traceback" not in seen["error"]


def test_a_good_answer_is_a_fact(ask: Callable[[Answer], dict[str, Any]]) -> None:
    assert ask(result("812"))["height"] == 812


def test_the_program_for_people_ends_with_the_error(
    programs: Any, ask: Callable[[Answer], dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(result("1"))
    Client.answer = staticmethod(say(b"garbage"))
    with serve(Client) as address:
        description = {"role": "node", "unit": "x.service", "health": {"rpc": {"url": address}, "calls": []}}
        (tmp_path / "btcd.json").write_text(json.dumps(description))
        assert programs["rpc"].main(["btcd", "getblockcount"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("rpc: ")
    assert said.err.count("\n") == 1
