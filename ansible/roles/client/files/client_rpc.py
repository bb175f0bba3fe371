"""Speaks to a blockchain client's RPC on loopback, within limits of time and size. Standard library only."""

import base64
import http.client
import json
import signal
import ssl
import types
import urllib.parse
from pathlib import Path
from typing import Any

CLIENTS = Path("/etc/orchestrator/clients")
LARGEST_ANSWER = 4 << 20  # bytes
DEADLINE = 10.0  # seconds for all that is asked of one client


class RpcError(Exception):
    """The client could not be asked, or its answer was no answer. `code` is the JSON-RPC error's, where it is one."""

    def __init__(self, message: str, code: Any = None) -> None:
        super().__init__(message)
        self.code = code


class Deadline:
    """Ends a block of work by RpcError after so many seconds, however the other side drips its answer."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        signal.signal(signal.SIGALRM, self.expire)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def expire(self, _number: int, _frame: types.FrameType | None) -> None:
        """Called by the alarm."""
        raise RpcError(f"no complete answer within {self.seconds:g} s")


def read_client(name: str) -> dict[str, Any]:
    """The client's description as Ansible wrote it."""
    return json.loads((CLIENTS / f"{name}.json").read_text(encoding="utf-8"))


def call(rpc: dict[str, Any], method: str, params: list[Any]) -> Any:
    """The result of one JSON-RPC call."""
    request = json.dumps({"jsonrpc": "1.0", "id": 1, "method": method, "params": params})
    answer = fetch(rpc, "POST", urllib.parse.urlsplit(rpc["url"]).path or "/", request)
    if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
        raise RpcError(f"{method}: the answer is not a JSON-RPC answer")
    error = answer.get("error")
    if error is not None:
        message = error.get("message") if isinstance(error, dict) else error
        code = error.get("code") if isinstance(error, dict) else None
        raise RpcError(f"{method}: {str(message)[:300]}", code)
    return answer.get("result")


def fetch(rpc: dict[str, Any], verb: str, path: str, body: str | None = None) -> Any:
    """The JSON value that the client's web server answers with."""
    try:
        connection = connect(rpc)
        try:
            connection.request(verb, path, body, build_headers(rpc))
            response = connection.getresponse()
            text = response.read(LARGEST_ANSWER + 1)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        raise RpcError(f"{rpc['url']}: {type(error).__name__}: {error}"[:300]) from error
    if len(text) > LARGEST_ANSWER:
        raise RpcError(f"the answer is longer than {LARGEST_ANSWER >> 20} MiB")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RpcError(f"HTTP status {response.status}, and the answer is not JSON") from error


def connect(rpc: dict[str, Any]) -> http.client.HTTPConnection:
    """A connection to the client; over TLS it must show the certificate that lies on this machine."""
    url = urllib.parse.urlsplit(rpc["url"])
    if url.scheme == "https":
        context = ssl.create_default_context(cafile=rpc["certificate"])
        return http.client.HTTPSConnection(url.hostname or "", url.port, timeout=DEADLINE, context=context)
    return http.client.HTTPConnection(url.hostname or "", url.port, timeout=DEADLINE)


def build_headers(rpc: dict[str, Any]) -> dict[str, str]:
    """The headers of a request, with the credentials that were made on this machine."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if "password_file" in rpc:
        password = Path(rpc["password_file"]).read_text(encoding="ascii").strip()
        token = base64.b64encode(f"{rpc.get('user', '')}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    return headers
