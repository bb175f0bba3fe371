"""Downloads against a real server on loopback: right ones arrive whole, all others leave nothing behind."""

import hashlib
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from orchestrator.adapters.download import MAX_TEXT_BYTES, fetch_file, fetch_text
from orchestrator.model.errors import RemoteFailure
from tests.serving import serve

BODY = bytes(range(256)) * 9000  # more than one chunk
SHA256 = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
SHA512 = f"sha512:{hashlib.sha512(BODY).hexdigest()}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        port = self.server.server_port  # type: ignore[attr-defined]
        elsewhere = {"/moved": "/whole", "/away": f"http://localhost:{port}/whole", "/file": "file:///etc/passwd"}
        if self.path in elsewhere:
            self.send_response(302)
            self.send_header("Location", elsewhere[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/cut":
            self._send(BODY[:100_000], len(BODY))
        elif self.path == "/whole":
            self._send(BODY, len(BODY))
        elif self.path == "/text":
            self._send("hé\n".encode(), 4)
        else:
            self.send_error(404)

    def _send(self, body: bytes, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: pytest prints what matters."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serve(Handler) as address:
        yield address


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    return tmp_path / "new" / "file"


@pytest.mark.parametrize("digest", [SHA256, SHA512])
@pytest.mark.parametrize("path", ["/whole", "/moved"])
def test_right_file_arrives_whole_and_alone(site: str, destination: Path, path: str, digest: str) -> None:
    assert fetch_file(site + path, destination=destination, digest=digest) == destination
    assert destination.read_bytes() == BODY
    assert list(destination.parent.iterdir()) == [destination]


def test_existing_file_is_replaced(site: str, tmp_path: Path) -> None:
    destination = tmp_path / "file"
    destination.write_text("old")
    fetch_file(f"{site}/whole", destination=destination, digest=SHA256)
    assert destination.read_bytes() == BODY


@pytest.mark.parametrize(
    ("path", "digest", "words"),
    [
        ("/whole", "sha256:" + "0" * 64, "has the digest sha256:"),
        ("/cut", SHA256, f"ended after 100000 of {len(BODY)} bytes"),
        ("/away", SHA256, "redirects to http://localhost"),
        ("/file", SHA256, "answered 302"),
        ("/missing", SHA256, "answered 404"),
    ],
)
def test_wrong_file_is_refused_and_the_old_one_stays(
    site: str, tmp_path: Path, path: str, digest: str, words: str
) -> None:
    destination = tmp_path / "file"
    destination.write_text("old")
    with pytest.raises(RemoteFailure, match=words) as failure:
        fetch_file(site + path, destination=destination, digest=digest)
    assert failure.value.hint
    assert destination.read_text() == "old"
    assert list(tmp_path.iterdir()) == [destination]


def test_named_host_may_be_redirected_to(site: str, destination: Path) -> None:
    fetch_file(f"{site}/away", destination=destination, digest=SHA256, redirect_hosts=frozenset({"localhost"}))
    assert destination.read_bytes() == BODY


def test_closed_port_is_said_to_be_unreachable(destination: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(RemoteFailure, match=r"could not be fetched: .*refused"):
        fetch_file(f"http://127.0.0.1:{port}/", destination=destination, digest=SHA256)


def test_host_that_never_accepts_costs_the_connect_limit_alone(destination: Path) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]  # fill the queue, so that the next one is not answered
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        begun = time.monotonic()
        with pytest.raises(RemoteFailure, match="timed out"):
            fetch_file(
                f"http://127.0.0.1:{full.getsockname()[1]}/",
                destination=destination,
                digest=SHA256,
                connect_limit_s=0.2,
            )
        assert time.monotonic() - begun < 2
        for one in waiting:
            one.close()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_other_schemes_are_no_web_addresses(url: str, destination: Path) -> None:
    with pytest.raises(RemoteFailure, match="no web address"):
        fetch_file(url, destination=destination, digest=SHA256)


@pytest.mark.parametrize("digest", ["", "0" * 64, "md5:" + "0" * 32, "sha256:" + "0" * 63])
def test_a_digest_is_never_optional(digest: str, destination: Path) -> None:
    with pytest.raises(ValueError, match="no digest"):
        fetch_file("http://127.0.0.1:9/", destination=destination, digest=digest)


def test_text(site: str) -> None:
    assert fetch_text(f"{site}/text") == "hé\n"
    assert len(BODY) > MAX_TEXT_BYTES
    with pytest.raises(RemoteFailure, match="is longer than"):
        fetch_text(f"{site}/whole")
