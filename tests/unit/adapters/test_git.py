"""Git as it is installed here: merge bases, files of a commit, names that are none, clones that are cut short."""

from pathlib import Path, PurePosixPath

import pytest

from orchestrator.adapters.git import Repository
from orchestrator.model.errors import OrchestratorError, ToolMissing
from tests.unit.repositories import run_git


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with a main branch of two commits, and HEAD on a branch that left after the first."""
    made = tmp_path / "repository"
    made.mkdir()
    run_git(made, "init", "--quiet", "--initial-branch=main")
    (made / "a.txt").write_text("one\n" * 20, encoding="utf-8")
    (made / "sub").mkdir()
    (made / "sub" / "ü b.txt").write_bytes(b"\x00\nraw\n")
    run_git(made, "add", "--all")
    run_git(made, "commit", "--quiet", "--message", "one")
    run_git(made, "checkout", "--quiet", "-b", "side")
    run_git(made, "mv", "a.txt", "b.txt")
    run_git(made, "commit", "--quiet", "--message", "side")
    run_git(made, "checkout", "--quiet", "main")
    run_git(made, "commit", "--quiet", "--allow-empty", "--message", "two")
    run_git(made, "checkout", "--quiet", "side")
    return made


def test_the_merge_base_is_where_head_left(folder: Path) -> None:
    found = Repository(folder).find_merge_base("main")
    assert found == run_git(folder, "rev-parse", "main~1").strip()
    assert Repository(folder / "sub").root == folder.resolve()


def test_files_are_read_as_they_were(folder: Path) -> None:
    repository = Repository(folder)
    commit = repository.find_merge_base("main")
    files = repository.list_files(commit, [PurePosixPath("a.txt"), PurePosixPath("sub"), PurePosixPath("none")])
    assert list(files) == [PurePosixPath("a.txt"), PurePosixPath("sub/ü b.txt")]
    assert repository.read_files(list(files.values())) == [b"one\n" * 20, b"\x00\nraw\n"]
    assert repository.list_files(commit, []) == {}
    assert repository.read_files([]) == ()


def test_a_renamed_file_is_found_under_its_former_name(folder: Path) -> None:
    repository = Repository(folder)
    commit = repository.find_merge_base("main")
    assert repository.find_former_path(commit, PurePosixPath("b.txt")) == PurePosixPath("a.txt")
    assert repository.find_former_path(commit, PurePosixPath("sub/ü b.txt")) is None


@pytest.mark.parametrize("name", ["--output=/tmp/x", "-h", "--", "", "a\nb", "a\0b"])
def test_a_name_that_git_would_take_for_something_else_is_refused(name: str, folder: Path) -> None:
    with pytest.raises(OrchestratorError, match="is no name of a branch, tag or commit"):
        Repository(folder).find_merge_base(name)


@pytest.mark.parametrize("name", ["no-such", "main..side", "HEAD:sub", "$(touch x)", ";id", "@{", "main^{tree}"])
def test_a_name_of_no_commit_is_none(name: str, folder: Path) -> None:
    repository = Repository(folder)
    assert repository.find_commit(name) is None
    with pytest.raises(OrchestratorError, match="there is no branch, tag or commit"):
        repository.find_merge_base(name)
    assert not (folder / "x").exists()


def test_a_clone_without_the_merge_base_says_what_to_fetch(folder: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    source = folder.as_uri()
    run_git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", "--branch=side", source, "clone")
    with pytest.raises(OrchestratorError, match="fetch-depth: 0"):
        Repository(clone).find_merge_base("origin/main")
    with pytest.raises(OrchestratorError, match="fetch-depth: 0"):
        Repository(clone).find_merge_base("origin/nowhere")


def test_histories_without_a_common_commit_are_told(folder: Path) -> None:
    run_git(folder, "checkout", "--quiet", "--orphan", "other")
    run_git(folder, "commit", "--quiet", "--message", "other")
    with pytest.raises(OrchestratorError, match="have no commit in common"):
        Repository(folder).find_merge_base("main")


def test_a_link_is_refused(folder: Path) -> None:
    (folder / "link").symlink_to("b.txt")
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "--quiet", "--message", "link")
    with pytest.raises(OrchestratorError, match="link is a symbolic link"):
        Repository(folder).list_files("HEAD", [PurePosixPath("link")])


def test_a_folder_in_no_repository_and_a_computer_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(OrchestratorError, match="not a git repository"):
        Repository(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="no git"):
        Repository(tmp_path)


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "--quiet")
    with pytest.raises(OrchestratorError, match="there is no branch, tag or commit main"):
        Repository(tmp_path).find_merge_base("main")


def test_what_a_hook_is_told_does_not_mislead(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_WORK_TREE": "."}.items():
        monkeypatch.setenv(name, value)
    assert Repository(folder / "sub").root == folder.resolve()
