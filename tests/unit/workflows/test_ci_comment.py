"""One comment, updated in place, and silence where there is no news: on GitHub's API and on GitLab's."""

from collections.abc import Callable, Iterator

import pytest

from orchestrator.adapters.github import PullRequest, open_github
from orchestrator.adapters.gitlab import MergeRequest, open_gitlab
from orchestrator.model.discussion import Discussion
from orchestrator.model.errors import RemoteFailure
from orchestrator.report.markdown import render_markdown, write_marker
from orchestrator.workflows.ci import publish_comment
from tests.unit.report.verdicts import SPEC, make_judged, make_rich_verdict, make_verdict
from tests.unit.workflows.code_hosts import Host, serve_host

NEWS = render_markdown(make_rich_verdict())
OTHER = render_markdown(make_verdict([make_judged()]))
QUIET = render_markdown(make_verdict())
Open = Callable[[str], Discussion]


def open_pull_request(address: str, token: str = "secret") -> Discussion:
    return PullRequest(open_github(address, token), "acme/fleet", 7)


def open_merge_request(address: str, token: str = "secret") -> Discussion:
    return MergeRequest(open_gitlab(address, token), "11", "7")


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture(params=[open_pull_request, open_merge_request])
def discussion(request: pytest.FixtureRequest, host: Host) -> Iterator[Discussion]:
    with serve_host(host) as address:
        yield request.param(address)


def test_three_pushes_make_one_comment(host: Host, discussion: Discussion) -> None:
    told = [publish_comment(discussion, body) for body in (NEWS, NEWS, OTHER)]
    assert told == ["created", "unchanged", "updated"]
    assert len(host.bodies) == 1
    assert host.bodies[0].replace("\r\n", "\n") == OTHER
    assert len(host.writes) == 2


def test_no_news_is_no_comment(host: Host, discussion: Discussion) -> None:
    assert publish_comment(discussion, QUIET) == "silent"
    assert host.writes == []


def test_news_that_went_away_are_taken_back(host: Host, discussion: Discussion) -> None:
    assert [publish_comment(discussion, body) for body in (NEWS, QUIET, QUIET)] == ["created", "updated", "unchanged"]
    assert "nothing changes for the fleet" in host.bodies[0]


def test_nobody_else_s_comment_is_touched(host: Host, discussion: Discussion) -> None:
    forged = f"{write_marker(SPEC, 'changes')}\nlooks good to me"
    host.write(forged, "mallory")
    assert publish_comment(discussion, NEWS) == "created"
    assert host.bodies[0] == forged
    assert len(host.bodies) == 2


def test_a_marker_inside_a_comment_is_none(host: Host, discussion: Discussion) -> None:
    host.write(f"> {NEWS}")
    assert publish_comment(discussion, NEWS) == "created"


def test_another_spec_has_a_comment_of_its_own(host: Host, discussion: Discussion) -> None:
    host.write(NEWS.replace(write_marker(SPEC, "changes"), write_marker("other.yaml", "changes")))
    assert publish_comment(discussion, NEWS) == "created"
    assert len(host.bodies) == 2


def test_two_runs_at_once_end_with_one_comment_on_a_later_page(host: Host, discussion: Discussion) -> None:
    for number in range(5):
        host.write(f"a review, {number}", "ann")
    host.write(NEWS)
    host.write(NEWS)
    assert publish_comment(discussion, OTHER) == "updated"
    assert len(host.bodies) == 6


def test_a_host_that_is_busy_is_asked_again(
    host: Host, discussion: Discussion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.adapters.web_api.time.sleep", lambda _: None)
    host.busy = 2
    assert publish_comment(discussion, NEWS) == "created"


def test_a_comment_is_not_written_twice_because_of_an_error(host: Host, discussion: Discussion) -> None:
    host.refused = frozenset({"POST"})
    with pytest.raises(RemoteFailure, match="403: Resource not accessible by integration"):
        publish_comment(discussion, NEWS)
    assert host.writes == ["POST"]


def test_text_without_a_marker_is_not_published(discussion: Discussion) -> None:
    with pytest.raises(ValueError, match="marker"):
        publish_comment(discussion, "hello")
