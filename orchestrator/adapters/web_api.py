"""A web API that speaks JSON: requests with a token, answers as data, lists over all their pages."""

import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from orchestrator.model.errors import RemoteFailure

LIMIT_S = 30.0
MAX_BYTES = 32 << 20
MOST_PAGES = 100
TRIES = 3
PAUSE_S = 2.0
LONGEST_PAUSE_S = 30.0
PASSING = frozenset({429, 500, 502, 503, 504})
REPEATABLE = frozenset({"GET", "PUT", "PATCH", "DELETE"})  # a second POST would make a second comment
NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')


class Refused(RemoteFailure):
    """The API answered that this token may not do that, or that there is no such thing for it (401, 403, 404)."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token elsewhere, so none is followed."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Nothing: the redirect becomes an error."""


class WebApi:
    """An API below one address. `headers` go with every request, and to no other host."""

    def __init__(self, address: str, headers: Mapping[str, str], pause_s: float = PAUSE_S) -> None:
        if urlsplit(address).scheme not in ("https", "http"):
            raise RemoteFailure(f"{address} is no web address", hint="write it with https://")
        self._address = address.rstrip("/")
        self._headers = {**headers, "User-Agent": "node-orchestrator"}
        self._pause_s = pause_s
        self._opener = urllib.request.build_opener(_NoRedirect())

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer as data, None where it is empty. Raises Refused, else RemoteFailure for all that goes wrong."""
        return self._ask(method, f"{self._address}{path}", body)[0]

    def list_all(self, path: str) -> Iterator[Any]:
        """Every item of a list, page by page."""
        url: str | None = f"{self._address}{path}"
        for _ in range(MOST_PAGES):
            if url is None:
                return
            items, links = self._ask("GET", url, None)
            yield from items
            url = self._find_next(links)
        raise RemoteFailure(
            f"{self._address}{path} has more than {MOST_PAGES} pages", hint="is this the right address?"
        )

    def _find_next(self, links: str) -> str | None:
        match = NEXT.search(links)
        if match is None:
            return None
        if urlsplit(match[1])[:2] != urlsplit(self._address)[:2]:
            raise RemoteFailure(f"{self._address} says that its next page is at {urlsplit(match[1]).netloc}")
        return match[1]

    def _ask(self, method: str, url: str, body: Mapping[str, Any] | None) -> tuple[Any, str]:
        tries = TRIES if method in REPEATABLE else 1
        for left in reversed(range(tries)):
            try:
                return self._send(method, url, body)
            except urllib.error.HTTPError as error:
                if error.code not in PASSING or not left:
                    raise _explain(method, url, error) from error
                time.sleep(min(_read_pause(error, self._pause_s), LONGEST_PAUSE_S))
            except (OSError, http.client.HTTPException) as error:
                if not left:
                    reason = getattr(error, "reason", None) or error
                    raise RemoteFailure(f"{method} {url}: no answer: {reason}", hint="run it again") from error
                time.sleep(self._pause_s)
        raise AssertionError("unreachable")

    def _send(self, method: str, url: str, body: Mapping[str, Any] | None) -> tuple[Any, str]:
        data = None if body is None else json.dumps(body).encode()
        kind = {} if data is None else {"Content-Type": "application/json"}
        request = urllib.request.Request(url, data, {**self._headers, **kind}, method=method)  # noqa: S310 # checked
        with self._opener.open(request, timeout=LIMIT_S) as response:
            text = response.read(MAX_BYTES)
            links = response.headers.get("Link", "")
        try:
            return (json.loads(text) if text else None), links
        except ValueError as error:
            raise RemoteFailure(f"{method} {url}: the answer is no JSON", hint="is this the right address?") from error


def _explain(method: str, url: str, error: urllib.error.HTTPError) -> RemoteFailure:
    """The error as the API gives it, in the words of its field `message`."""
    try:
        words = str(json.loads(error.read(MAX_BYTES))["message"])
    except (ValueError, KeyError, TypeError, OSError):
        words = error.reason
    kind = Refused if error.code in (401, 403, 404) else RemoteFailure
    hint = "has the token the permission for it?" if kind is Refused else ""
    return kind(f"{method} {url}: {error.code}: {words}", hint=hint)


def _read_pause(error: urllib.error.HTTPError, otherwise: float) -> float:
    """The seconds that the API asks to wait, where it says so."""
    asked = error.headers.get("Retry-After", "")
    return float(asked) if asked.isdigit() else otherwise
