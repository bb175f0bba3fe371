"""ci: run check on a change, then tell the pull request and the host what it came to."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orchestrator.adapters.github_run import GithubRun
from orchestrator.adapters.gitlab_run import GitlabRun
from orchestrator.adapters.web_api import Refused
from orchestrator.model.ci_run import COMMENT, CiRun
from orchestrator.model.discussion import Discussion
from orchestrator.model.errors import OrchestratorError, RemoteFailure
from orchestrator.report.markdown import MARKER, render_unchecked

Told = Literal["created", "updated", "unchanged", "silent"]
# -P: what a pull request puts into its folder is no module of ours.
ORCHESTRATOR = (sys.executable, "-P", "-c", "from orchestrator.cli.main import main; main()")
ANSWERED = (0, 1)  # check's exit codes with which there is a verdict


@dataclass(frozen=True)
class CiResult:
    """The exit code of check, what became of the comment (None where there is none to write), and what failed."""

    code: int
    comment: Told | None
    failures: tuple[RemoteFailure, ...]


def find_run(environment: Mapping[str, str]) -> CiRun:
    """The run that the environment describes; OrchestratorError where it is of no CI that is known here."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return GithubRun(environment)
    if environment.get("GITLAB_CI") == "true":
        return GitlabRun(environment)
    hint = "elsewhere run orchestrator check with --format FORM=PATH"
    raise OrchestratorError("this is neither GitHub Actions nor GitLab CI", hint=hint)


def run_ci(run: CiRun, spec: str, arguments: Sequence[str], folder: Path) -> CiResult:
    """Checks the change with the reports in `folder`, updates its one comment, and hands the reports over.

    What cannot be told is no reason to let a change in or to keep it out: it is among `failures`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in run.reports.values():
        (folder / name).unlink(missing_ok=True)
    with run.mute():
        done = _check(run, spec, arguments, folder)
    if done.returncode not in ANSWERED:
        (folder / COMMENT).write_text(render_unchecked(spec, done.stderr), encoding="utf-8")
    told: Told | None = None
    failures: list[RemoteFailure] = []
    try:
        discussion = run.open_discussion()
        if discussion is not None:
            told = publish_comment(discussion, (folder / COMMENT).read_text(encoding="utf-8"))
    except RemoteFailure as error:
        failures.append(error)
    try:
        run.hand_over(folder)
    except RemoteFailure as error:
        failures.append(error)
    for failure in failures:
        run.warn(str(failure))
    return CiResult(done.returncode, told, tuple(failures))


def _check(run: CiRun, spec: str, arguments: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """check, in a process of its own that has no token; what it prints goes to the log, its errors are kept too."""
    base = run.find_base()
    forms = [word for form, name in run.reports.items() for word in ("--format", f"{form}={folder / name}")]
    against = [] if base is None else ["--base", base]
    environment = {name: value for name, value in os.environ.items() if name not in run.secrets}
    command = [*ORCHESTRATOR, "check", *against, *forms, "--format", "text", *arguments, "--", spec]
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    sys.stderr.write(done.stderr)
    sys.stderr.flush()
    return done


def publish_comment(discussion: Discussion, body: str) -> Told:
    """Sees to it that the discussion has this one comment of its marker, and no other.

    Nothing is written where the text is there already, nor a first comment that has no news.
    """
    marker = MARKER.match(body)
    if marker is None:
        raise ValueError("a comment begins with its marker")
    own = [comment for comment in discussion.list_own() if is_of(comment.body, marker[1])]
    if not own:
        if marker[2] == "quiet":
            return "silent"
        discussion.add(body)
        return "created"
    first, *others = own
    for comment in others:  # of two runs at once
        discussion.remove(comment)
    if normalise(first.body) == normalise(body):
        return "unchanged"
    discussion.change(first, body)
    return "updated"


def is_of(body: str, key: str) -> bool:
    """Whether a comment begins with the marker of that fleet."""
    match = MARKER.match(body)
    return match is not None and match[1] == key


def normalise(body: str) -> str:
    """The text as hosts keep it: they may write lines with another ending, and drop blanks at the end."""
    return body.replace("\r\n", "\n").rstrip()


def is_forbidden(failures: Sequence[RemoteFailure]) -> bool:
    """Whether all that failed was for want of permission: a fork's run has none, and is not to blame."""
    return all(isinstance(failure, Refused) for failure in failures)
