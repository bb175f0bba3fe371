"""GitHub's REST API: comments on a pull request, and alerts of code scanning."""

import gzip
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote

from orchestrator.adapters.web_api import WebApi
from orchestrator.model.discussion import Comment

VERSION = "2022-11-28"
ACTIONS_BOT = "github-actions[bot]"  # whose the token of a workflow run is


def open_github(address: str, token: str) -> WebApi:
    """The API at an address, such as GITHUB_API_URL names."""
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "X-GitHub-Api-Version": VERSION,
    }
    return WebApi(address, headers)


class PullRequest:
    """The comments on a pull request of a repository ("owner/name") that `author` wrote."""

    def __init__(self, api: WebApi, repository: str, number: int, author: str = ACTIONS_BOT) -> None:
        self._api = api
        self._issues = f"/repos/{quote(repository, safe='/')}/issues"
        self._comments = f"{self._issues}/{number}/comments"
        self._author = author

    def list_own(self) -> Iterator[Comment]:
        """Those that the author wrote, the oldest first: a marker alone is a text that anybody can write."""
        for each in self._api.list_all(f"{self._comments}?per_page=100"):
            if (each.get("user") or {}).get("login") == self._author:
                yield Comment(str(each["id"]), each.get("body") or "")

    def add(self, body: str) -> None:
        """Writes a new one."""
        self._api.ask("POST", self._comments, {"body": body})

    def change(self, comment: Comment, body: str) -> None:
        """Replaces the text of one."""
        self._api.ask("PATCH", f"{self._issues}/comments/{comment.id}", {"body": body})

    def remove(self, comment: Comment) -> None:
        """Removes one."""
        self._api.ask("DELETE", f"{self._issues}/comments/{comment.id}")


def upload_sarif(api: WebApi, repository: str, *, commit: str, ref: str, sarif: str) -> None:
    """Hands a log to code scanning, as the analysis of a commit that `ref` (refs/…) leads to."""
    packed = b64encode(gzip.compress(sarif.encode(), mtime=0)).decode()
    path = f"/repos/{quote(repository, safe='/')}/code-scanning/sarifs"
    api.ask("POST", path, {"commit_sha": commit, "ref": ref, "sarif": packed, "tool_name": "orchestrator check"})
