"""Files from the web: fetched whole, checked against a digest, or not there at all."""

import hashlib
import http.client
import os
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, Any

from orchestrator.model.errors import RemoteFailure

CONNECT_LIMIT_S = 10.0
IDLE_LIMIT_S = 60.0  # without a byte
MAX_TEXT_BYTES = 1 << 20
MAX_FILE_BYTES = 8 << 30
CHUNK_BYTES = 1 << 20
DIGEST = re.compile(r"^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$")


def fetch_file(
    url: str,
    *,
    destination: Path,
    digest: str,
    connect_limit_s: float = CONNECT_LIMIT_S,
    redirect_hosts: frozenset[str] = frozenset(),
) -> Path:
    """The file at `url` as `destination`, if its `digest` ("sha256:HEX" or "sha512:HEX") is right.

    Redirects stay on the host of `url` or go to one of `redirect_hosts`. Raises RemoteFailure for every way in which
    that fails; then `destination` is as it was.
    """
    if not DIGEST.match(digest):
        raise ValueError(f"{digest!r} is no digest like sha256:HEX or sha512:HEX")
    destination.parent.mkdir(parents=True, exist_ok=True)
    draft = destination.with_name(f".{destination.name}.{os.getpid()}")
    try:
        with _open(url, connect_limit_s, redirect_hosts) as response, draft.open("wb") as file:
            found = _copy(url, response, file, digest.partition(":")[0])
        if found != digest:
            raise RemoteFailure(
                f"{url} has the digest {found}, not {digest}",
                hint="nothing was installed; the file was changed or the pinned digest is another version's",
            )
        draft.replace(destination)
    finally:
        draft.unlink(missing_ok=True)
    return destination


def fetch_for_verification(
    url: str, *, destination: Path, redirect_hosts: frozenset[str] = frozenset(), size_limit: int = MAX_FILE_BYTES
) -> Path:
    """The file at `url` as `destination`, whole but held against nothing: for a caller that verifies a signature next.

    Raises RemoteFailure where it cannot be fetched or is larger than `size_limit` bytes.
    """
    with _open(url, CONNECT_LIMIT_S, redirect_hosts) as response, destination.open("wb") as file:
        _copy(url, response, file, "sha256", size_limit)
    return destination


def fetch_bytes(
    url: str, *, connect_limit_s: float = CONNECT_LIMIT_S, redirect_hosts: frozenset[str] = frozenset()
) -> bytes:
    """The small file at `url`, such as a list of checksums or a signature, held against nothing.

    Raises RemoteFailure where it cannot be fetched or is longer than a mebibyte.
    """
    with _open(url, connect_limit_s, redirect_hosts) as response:
        body = bytes(response.read(MAX_TEXT_BYTES + 1))
        if len(body) > MAX_TEXT_BYTES:
            raise RemoteFailure(f"{url} is longer than {MAX_TEXT_BYTES} bytes", hint="is this the right address?")
        _check_length(url, response, len(body))
    return body


def fetch_text(url: str, *, connect_limit_s: float = CONNECT_LIMIT_S) -> str:
    """The small text at `url`; what protects it is TLS and its host alone."""
    return fetch_bytes(url, connect_limit_s=connect_limit_s).decode("utf-8", errors="replace")


def _copy(url: str, response: Any, file: IO[bytes], algorithm: str, size_limit: int = MAX_FILE_BYTES) -> str:
    """Copies the body; returns its digest. A body that ends early or does not end is a RemoteFailure."""
    digest, length = hashlib.new(algorithm), 0
    while chunk := response.read(CHUNK_BYTES):
        digest.update(chunk)
        length += file.write(chunk)
        if length > size_limit:
            raise RemoteFailure(f"{url} is larger than {size_limit} bytes", hint="is this the right address?")
    _check_length(url, response, length)
    return f"{algorithm}:{digest.hexdigest()}"


def _check_length(url: str, response: Any, length: int) -> None:
    promised = response.headers.get("Content-Length")
    if promised and length < int(promised):
        raise RemoteFailure(
            f"{url} ended after {length} of {promised} bytes", hint="nothing was installed; run it again"
        )


@contextmanager
def _open(url: str, connect_limit_s: float, redirect_hosts: frozenset[str]) -> Iterator[Any]:
    """The open response; every failure of the network within becomes a RemoteFailure."""
    allowed = redirect_hosts | {urllib.parse.urlsplit(url).hostname or ""}
    opener = urllib.request.build_opener(_HttpHandler, _HttpsHandler, _SameHost(allowed))
    if not url.startswith(("https://", "http://")):
        raise RemoteFailure(f"{url} is no web address", hint="write it with https://")
    request = urllib.request.Request(url, headers={"User-Agent": "node-orchestrator"})  # noqa: S310 - checked above
    try:
        with opener.open(request, timeout=connect_limit_s) as response:
            yield response
    except urllib.error.HTTPError as error:
        raise RemoteFailure(
            f"{url} answered {error.code} {error.reason}", hint="check the address and version"
        ) from error
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise RemoteFailure(
            f"{url} could not be fetched: {reason}", hint="check the network, then run it again"
        ) from error


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirects to `allowed` hosts, and never from https to http."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """As the base class, or a RemoteFailure."""
        target = urllib.parse.urlsplit(newurl)
        if target.hostname not in self._allowed or (req.type == "https" and target.scheme != "https"):
            raise RemoteFailure(
                f"{req.full_url} redirects to {target.scheme}://{target.hostname}",
                hint="allow that host where the address is written, if its owner vouches for it",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Patient:
    """A connection whose limit for connecting is not the one for the answer."""

    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc] # mixed into a connection
        self.sock.settimeout(IDLE_LIMIT_S)


class _HttpConnection(_Patient, http.client.HTTPConnection):
    pass


class _HttpsConnection(_Patient, http.client.HTTPSConnection):
    pass


class _HttpHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HttpConnection, req)


class _HttpsHandler(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HttpsConnection, req, context=ssl.create_default_context())
