"""Speaks to a blockchain client's RPC on loopback, within limits of time and size. Standard library only."""

import base64
import http.client
import json
import signal
import socket
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
    """The result of one JSON-RPC call, over HTTP or a Unix socket."""
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    url = urllib.parse.urlsplit(rpc["url"])
    if url.scheme == "unix":
        answer = parse(talk(url.path, request), f"{method}: ")
    else:
        status, text = exchange(rpc, "POST", url.path or "/", request)
        answer = parse(text, f"HTTP status {status}, and ")
    if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
        raise RpcError(f"{method}: the answer is not a JSON-RPC answer")
    error = answer.get("error")
    if error is not None:
        message = error.get("message") if isinstance(error, dict) else error
        code = error.get("code") if isinstance(error, dict) else None
        raise RpcError(f"{method}: {str(message)[:300]}", code)
    return answer.get("result")


def fetch(rpc: dict[str, Any], verb: str, path: str, body: Any = None) -> Any:
    """The JSON value that a REST interface answers with; None where it answers with nothing."""
    status, text = exchange(rpc, verb, path, None if body is None else json.dumps(body))
    if status >= http.client.BAD_REQUEST:
        raise RpcError(f"{verb} {path}: HTTP status {status}: {text[:300].decode(errors='replace')}", status)
    return parse(text, f"{verb} {path}: ") if text.strip() else None


def parse(text: bytes, where: str) -> Any:
    """The JSON value that was answered."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RpcError(f"{where}the answer is not JSON") from error


def talk(path: str, request: str) -> bytes:
    """What is answered on a Unix socket that takes a request and gives an answer a line."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(DEADLINE)
            connection.connect(path)
            connection.sendall(request.encode() + b"\n")
            with connection.makefile("rb") as answers:
                text = answers.readline(LARGEST_ANSWER + 1)
    except OSError as error:
        raise RpcError(f"{path}: {type(error).__name__}: {error}"[:300]) from error
    return limit(text)


def exchange(rpc: dict[str, Any], verb: str, path: str, body: str | None) -> tuple[int, bytes]:
    """The HTTP status and body of one request."""
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
    return response.status, limit(text)


def limit(text: bytes) -> bytes:
    """The answer, unless it is too long."""
    if len(text) > LARGEST_ANSWER:
        raise RpcError(f"the answer is longer than {LARGEST_ANSWER >> 20} MiB")
    return text


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
    credentials = read_credentials(rpc)
    if credentials is not None:
        headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
    return headers


def read_credentials(rpc: dict[str, Any]) -> str | None:
    """user:password, from a file that the client writes at each start (a cookie) or from one with the password."""
    if "cookie_file" in rpc:
        return Path(rpc["cookie_file"]).read_text(encoding="ascii").strip()
    if "password_file" in rpc:
        return f"{rpc.get('user', '')}:{Path(rpc['password_file']).read_text(encoding='ascii').strip()}"
    return None
