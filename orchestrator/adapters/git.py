"""Git, through its program: where a branch left another one, and files as they were there.

Arguments are lists, and a name that a person gave is resolved to a commit's id before anything else is asked with it.
Only plumbing is called: it runs no hooks, no pagers and no other programs that a repository's configuration names.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from orchestrator.model.errors import OrchestratorError, ToolMissing
from orchestrator.model.line import escape_line

REGULAR_FILES = ("100644", "100755")
LINK = "120000"
SHORT_ID = 12
# What git tells its hooks, relative to the folder that it runs them in: the spec's own folder says which repository.
OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
DEEPEN = (
    "clone with the whole history: fetch-depth: 0 in actions/checkout, GIT_DEPTH: 0 in GitLab, or git fetch --unshallow"
)


class Repository:
    """The repository that a folder is in; OrchestratorError where it is in none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root = Path(self._ask("rev-parse", "--show-toplevel").removesuffix("\n"))

    def find_commit(self, name: str) -> str | None:
        """The id of the commit that a branch, tag or id names; None where there is none.

        OrchestratorError for a name that git would take for an option, or that holds what no name can.
        """
        if name.startswith("-") or not name.isprintable() or not name:
            message = f"{escape_line(name)!r} is no name of a branch, tag or commit"
            raise OrchestratorError(message, hint="write such as origin/main")
        done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def find_merge_base(self, name: str) -> str:
        """The id of the commit at which HEAD left the branch, tag or commit `name`."""
        commit = self.find_commit(name)
        if commit is None:
            self._refuse_shallow(f"nothing here is named {name}")
            message = f"there is no branch, tag or commit {name}, and no file or folder"
            raise OrchestratorError(message, hint="fetch it first: git fetch origin")
        if self.find_commit("HEAD") is None:
            raise OrchestratorError("the repository has no commit yet", hint="commit, or leave --base out")
        done = self._run("merge-base", commit, "HEAD")
        found = done.stdout.decode().split()
        if not found:
            self._refuse_shallow(f"{name} and HEAD have no commit in common here")
            raise OrchestratorError(f"{name} and HEAD have no commit in common", hint="name the branch that HEAD left")
        return found[0]

    def list_files(self, commit: str, paths: Sequence[PurePosixPath]) -> Mapping[PurePosixPath, str]:
        """The files at these paths, or below them, in a commit: the id of each one's content. Links are refused."""
        if not paths:
            return {}
        listed = self._ask("ls-tree", "-r", "-z", "--full-tree", commit, "--", *map(str, paths))
        files = {}
        for entry in listed.split("\0")[:-1]:
            facts, _, path = entry.partition("\t")
            mode, _, content = facts.split(" ")
            if mode == LINK:
                message = f"{escape_line(path)} is a symbolic link in {commit[:SHORT_ID]}"
                raise OrchestratorError(message, hint="commit the file itself")
            if mode in REGULAR_FILES:
                files[PurePosixPath(path)] = content
        return files

    def read_files(self, contents: Sequence[str]) -> Sequence[bytes]:
        """The contents of these ids, in their order, by one process."""
        if not contents:
            return ()
        asked = "".join(f"{content}\n" for content in contents).encode()
        answer = self._run("cat-file", "--batch", given=asked).stdout
        read = []
        for _ in contents:
            header, _, answer = answer.partition(b"\n")
            size = int(header.split(b" ")[2])
            read.append(answer[:size])
            answer = answer[size + 1 :]
        return read

    def find_former_path(self, commit: str, path: PurePosixPath) -> PurePosixPath | None:
        """The path that a file of HEAD had in an earlier commit, where git takes it for one that was renamed."""
        told = self._ask("diff-tree", "-r", "-z", "-M", "--diff-filter=R", "--name-status", commit, "HEAD", "--")
        words = told.split("\0")
        pairs = zip(words[1::3], words[2::3], strict=False)
        return next((PurePosixPath(before) for before, after in pairs if after == str(path)), None)

    def _refuse_shallow(self, what: str) -> None:
        if self._ask("rev-parse", "--is-shallow-repository").strip() == "true":
            raise OrchestratorError(f"{what}: this clone does not have the whole history", hint=DEEPEN)

    def _ask(self, *arguments: str) -> str:
        """What git prints; OrchestratorError with its own words where it fails."""
        done = self._run(*arguments)
        if done.returncode:
            said = escape_line(done.stderr.decode(errors="replace").strip().removeprefix("fatal: "))
            raise OrchestratorError(f"git {arguments[0]}: {said}", hint="--base REF works inside of a git repository")
        return done.stdout.decode("utf-8", errors="surrogateescape")

    def _run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        inherited = {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}
        variables = {**inherited, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"}
        command = ("git", "--no-pager", "--no-replace-objects", *arguments)
        try:
            return subprocess.run(
                command, cwd=self._folder, env=variables, input=given, capture_output=True, check=False
            )
        except FileNotFoundError:
            raise ToolMissing("there is no git on this computer", hint="install git, or give --base a path") from None
