"""GitHub's and GitLab's APIs on loopback, as far as the orchestrator calls them: what is written there can be read."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.serving import serve

PAGE = 2  # items, so that a few comments are several pages


@dataclass
class Host:
    """Comments by id, and the calls that were made: method and path. `refused` are methods that the token may not."""

    token: str = "secret"
    me: str = "github-actions[bot]"
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    sarifs: list[dict[str, Any]] = field(default_factory=list)
    refused: frozenset[str] = frozenset()
    busy: int = 0

    @property
    def writes(self) -> list[str]:
        return [call.split()[0] for call in self.calls if not call.startswith("GET")]

    @property
    def bodies(self) -> list[str]:
        return [comment["body"] for comment in self.comments.values()]

    def write(self, body: str, login: str | None = None) -> None:
        """A comment of somebody; of the token's owner where nobody is named."""
        who = login or self.me
        number = max(self.comments, default=100) + 1
        user = {"login": who, "type": "Bot"}
        self.comments[number] = {"id": number, "body": body, "user": user, "author": {"id": who}, "system": False}


class Handler(BaseHTTPRequestHandler):
    host: Host

    def handle_one_request(self) -> None:
        """Every method alike."""
        self.raw_requestline = self.rfile.readline(65537)
        if self.raw_requestline and self.parse_request():
            self._answer()
            self.wfile.flush()
        self.close_connection = True

    def _answer(self) -> None:
        host, path = self.host, urlsplit(self.path).path
        host.calls.append(f"{self.command} {path}")
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or self.headers.get("PRIVATE-TOKEN")
        if token != host.token:
            self._send(401, {"message": "Bad credentials"})
        elif host.busy > 0:
            host.busy -= 1
            self._send(503, {"message": "busy"})
        elif self.command in host.refused:
            self._send(403, {"message": "Resource not accessible by integration"})
        else:
            self._act(path, body)

    def _act(self, path: str, body: dict[str, Any]) -> None:
        host = self.host
        one = re.fullmatch(r".*/(?:comments|notes)/(\d+)", path)
        if path == "/user":
            self._send(200, {"id": host.me})
        elif path == "/repos/acme/fleet/code-scanning/sarifs":
            host.sarifs.append(body)
            self._send(202, {"id": "1"})
        elif path in ("/repos/acme/fleet/issues/7/comments", "/projects/11/merge_requests/7/notes"):
            self._serve_list(body)
        elif one and int(one[1]) in host.comments:
            self._serve_one(int(one[1]), body)
        else:
            self._send(404, {"message": "Not Found"})

    def _serve_list(self, body: dict[str, Any]) -> None:
        if self.command == "POST":
            self.host.write(body["body"])
            self._send(201, {})
            return
        query = parse_qs(urlsplit(self.path).query)
        page = int(query.get("page", ["1"])[0])
        items = list(self.host.comments.values())
        more = page * PAGE < len(items)
        here = f"http://{self.headers['Host']}{urlsplit(self.path).path}"
        link = f'<{here}?page={page + 1}>; rel="next", <{here}?page=9>; rel="last"' if more else ""
        self._send(200, items[(page - 1) * PAGE : page * PAGE], link)

    def _serve_one(self, number: int, body: dict[str, Any]) -> None:
        if self.command == "DELETE":
            del self.host.comments[number]
            self._send(204, None)
            return
        self.host.comments[number]["body"] = body["body"].replace("\n", "\r\n")  # as forms on the web write it
        self._send(200, {})

    def _send(self, status: int, value: Any, link: str = "") -> None:
        data = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing: pytest prints what matters."""


@contextmanager
def serve_host(host: Host) -> Iterator[str]:
    """The address at which `host` answers until the block ends."""
    with serve(type("Bound", (Handler,), {"host": host})) as address:
        yield address
