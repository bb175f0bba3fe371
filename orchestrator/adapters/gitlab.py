"""GitLab's REST API: notes on a merge request."""

from collections.abc import Iterator
from urllib.parse import quote

from orchestrator.adapters.web_api import WebApi
from orchestrator.model.discussion import Comment


def open_gitlab(address: str, token: str) -> WebApi:
    """The API at an address, such as CI_API_V4_URL names."""
    return WebApi(address, {"PRIVATE-TOKEN": token})


class MergeRequest:
    """The notes on a merge request of a project (its number) that the token's owner wrote."""

    def __init__(self, api: WebApi, project: str, number: str) -> None:
        self._api = api
        self._notes = f"/projects/{quote(project, safe='')}/merge_requests/{quote(number, safe='')}/notes"

    def list_own(self) -> Iterator[Comment]:
        """Those that the token's owner wrote, the oldest first: a marker alone is a text that anybody can write."""
        owner = self._api.ask("GET", "/user")["id"]
        for each in self._api.list_all(f"{self._notes}?per_page=100&sort=asc&order_by=created_at"):
            if each["author"]["id"] == owner and not each.get("system"):
                yield Comment(str(each["id"]), each["body"])

    def add(self, body: str) -> None:
        """Writes a new one."""
        self._api.ask("POST", self._notes, {"body": body})

    def change(self, comment: Comment, body: str) -> None:
        """Replaces the text of one."""
        self._api.ask("PUT", f"{self._notes}/{comment.id}", {"body": body})

    def remove(self, comment: Comment) -> None:
        """Removes one."""
        self._api.ask("DELETE", f"{self._notes}/{comment.id}")
