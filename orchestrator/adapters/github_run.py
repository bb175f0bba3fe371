"""A run of GitHub Actions, by the variables and files that it documents."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestrator.adapters.github import ACTIONS_BOT, PullRequest, open_github, upload_sarif
from orchestrator.adapters.web_api import Refused
from orchestrator.model.ci_run import COMMENT
from orchestrator.model.errors import OrchestratorError
from orchestrator.model.line import escape_line

ANNOTATIONS = "annotations.txt"
SARIF = "check.sarif"
TOKEN = "GITHUB_TOKEN"  # noqa: S105  # the name of a variable
# Where set, alerts of code scanning are wanted; the repository has to have it.
UPLOAD = "ORCHESTRATOR_UPLOAD_SARIF"
AUTHOR = "ORCHESTRATOR_COMMENT_AUTHOR"
# Kept for other tools; GitHub shows a result that is absent or suppressed like any other.
NOT_ALERTED = "absent"

REPORTS: Mapping[str, str] = {
    "markdown": COMMENT,
    "github": ANNOTATIONS,
    "sarif": SARIF,
    "junit": "junit.xml",
    "html": "report.html",
}


class GithubRun:
    """The run that an environment describes; OrchestratorError where a variable of it is missing."""

    reports = REPORTS
    secrets = frozenset({TOKEN})

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._event = self._read_event()

    def _read_event(self) -> Mapping[str, Any]:
        path = self._environment.get("GITHUB_EVENT_PATH")
        event = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
        return event if isinstance(event, dict) else {}

    def _get(self, name: str) -> str:
        value = self._environment.get(name)
        if not value:
            raise OrchestratorError(f"{name} is not set", hint="GitHub Actions sets it: is this a run of its?")
        return value

    def find_base(self) -> str | None:
        """The commit at the end of the branch that the pull request is against, or that a merge queue has reached."""
        request, queued = self._event.get("pull_request"), self._event.get("merge_group")
        if queued:
            return str(queued["base_sha"])
        return str(request["base"]["sha"]) if request else None

    def open_discussion(self) -> PullRequest | None:
        """The comments that runs of workflows wrote on the pull request."""
        request, token = self._event.get("pull_request"), self._environment.get(TOKEN)
        if not request or not token:
            return None
        api = open_github(self._get("GITHUB_API_URL"), token)
        author = self._environment.get(AUTHOR) or ACTIONS_BOT
        return PullRequest(api, self._get("GITHUB_REPOSITORY"), int(request["number"]), author)

    @contextmanager
    def mute(self) -> Iterator[None]:
        """Workflow commands are not carried out until a word that nobody can guess."""
        word = secrets.token_hex(16)
        print(f"::stop-commands::{word}", flush=True)  # noqa: T201  # a command to the host
        try:
            yield
        finally:
            print(f"::{word}::", flush=True)  # noqa: T201

    def warn(self, text: str) -> None:
        """A warning among the annotations of the run."""
        data = escape_line(text).replace("%", "%25")
        print(f"::warning::{data}", flush=True)  # noqa: T201

    def hand_over(self, folder: Path) -> None:
        """Annotations to the log, the comment to the job's summary, and alerts to code scanning where wanted."""
        annotations, comment = folder / ANNOTATIONS, folder / COMMENT
        if annotations.exists():
            print(annotations.read_text(encoding="utf-8"), end="", flush=True)  # noqa: T201
        summary = self._environment.get("GITHUB_STEP_SUMMARY")
        if summary and comment.exists():
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(comment.read_text(encoding="utf-8"))
        if self._environment.get(UPLOAD) == "true" and (folder / SARIF).exists():
            self._upload(folder / SARIF)

    def _upload(self, path: Path) -> None:
        token = self._environment.get(TOKEN)
        if not token:
            raise Refused("no alerts for code scanning", hint=f"set {TOKEN}")
        upload_sarif(
            open_github(self._get("GITHUB_API_URL"), token),
            self._get("GITHUB_REPOSITORY"),
            commit=self._get("GITHUB_SHA"),
            ref=self._get("GITHUB_REF"),
            sarif=json.dumps(select_alerts(json.loads(path.read_text(encoding="utf-8")))),
        )


def select_alerts(log: dict[str, Any]) -> dict[str, Any]:
    """The log without what was fixed and what is excused: code scanning would show each as an open alert."""
    runs = []
    for run in log["runs"]:
        kept = [each for each in run["results"] if each.get("baselineState") != NOT_ALERTED]
        runs.append({**run, "results": [each for each in kept if not each.get("suppressions")]})
    return {**log, "runs": runs}
