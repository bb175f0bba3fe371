"""A web API: what goes wrong is told, and the token goes nowhere else."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from orchestrator.adapters.web_api import Refused, WebApi
from orchestrator.model.errors import RemoteFailure
from tests.serving import serve

SEEN: list[tuple[str, str | None]] = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        SEEN.append((self.path, self.headers.get("Authorization")))
        port = self.server.server_port  # type: ignore[attr-defined]
        headers = {
            "/moved": {"Location": f"http://localhost:{port}/elsewhere"},
            "/paged": {"Link": f'<http://localhost:{port}/elsewhere>; rel="next"'},
        }.get(self.path, {})
        body = {"/paged": b"[1]", "/html": b"<html>", "/empty": b""}.get(self.path, b'{"message": "no such thing"}')
        self.send_response({"/moved": 302, "/missing": 404, "/broken": 418}.get(self.path, 200))
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: pytest prints what matters."""


@pytest.fixture
def api() -> Iterator[WebApi]:
    SEEN.clear()
    with serve(Handler) as address:
        yield WebApi(address, {"Authorization": "Bearer secret"}, pause_s=0)


def test_a_redirect_does_not_take_the_token_along(api: WebApi) -> None:
    with pytest.raises(RemoteFailure, match="302"):
        api.ask("GET", "/moved")
    assert SEEN == [("/moved", "Bearer secret")]


def test_a_next_page_elsewhere_is_refused(api: WebApi) -> None:
    with pytest.raises(RemoteFailure, match="next page is at localhost"):
        list(api.list_all("/paged"))


def test_errors_are_told_in_the_api_s_words(api: WebApi) -> None:
    with pytest.raises(Refused, match="404: no such thing"):
        api.ask("GET", "/missing")
    with pytest.raises(RemoteFailure, match="418: no such thing"):
        api.ask("GET", "/broken")
    with pytest.raises(RemoteFailure, match="no JSON"):
        api.ask("GET", "/html")
    assert api.ask("GET", "/empty") is None


def test_no_answer_is_an_error() -> None:
    with serve(Handler) as address:
        pass  # from here on nobody listens there
    with pytest.raises(RemoteFailure, match="no answer"):
        WebApi(address, {}, pause_s=0).ask("GET", "/")
    with pytest.raises(RemoteFailure, match="no web address"):
        WebApi("file:///etc/passwd", {})
