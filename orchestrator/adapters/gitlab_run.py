"""A job of GitLab CI, by the variables that it documents."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from orchestrator.adapters.gitlab import MergeRequest, open_gitlab
from orchestrator.model.ci_run import COMMENT
from orchestrator.model.errors import OrchestratorError
from orchestrator.model.line import escape_line

TOKEN = "ORCHESTRATOR_GITLAB_TOKEN"  # noqa: S105  # the name of a variable; the job's own token may not write notes

REPORTS: Mapping[str, str] = {
    "markdown": COMMENT,
    "gitlab": "gl-code-quality-report.json",
    "junit": "junit.xml",
    "sarif": "check.sarif",
    "html": "report.html",
}


class GitlabRun:
    """The job that an environment describes."""

    reports = REPORTS
    secrets = frozenset({TOKEN, "CI_JOB_TOKEN"})

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def _get(self, name: str) -> str:
        value = self._environment.get(name)
        if not value:
            raise OrchestratorError(f"{name} is not set", hint="GitLab sets it: is this a job of its?")
        return value

    def find_base(self) -> str | None:
        """The commit where the merge request's branch left the other."""
        return self._environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or None

    def open_discussion(self) -> MergeRequest | None:
        """The notes that the token's owner wrote on the merge request."""
        number, token = self._environment.get("CI_MERGE_REQUEST_IID"), self._environment.get(TOKEN)
        if not number or not token:
            return None
        return MergeRequest(open_gitlab(self._get("CI_API_V4_URL"), token), self._get("CI_PROJECT_ID"), number)

    @contextmanager
    def mute(self) -> Iterator[None]:
        """GitLab takes nothing in a job's log for a command."""
        yield

    def warn(self, text: str) -> None:
        """A line in the log."""
        print(f"warning: {escape_line(text)}", flush=True)  # noqa: T201

    def hand_over(self, folder: Path) -> None:
        """Nothing: GitLab collects the reports as the job's artifacts."""
