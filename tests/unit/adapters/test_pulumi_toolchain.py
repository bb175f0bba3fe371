"""Which Pulumi CLI is taken."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator.adapters.pulumi_toolchain import LANGUAGE_HOST, find_own_pulumi_folder, find_pulumi
from orchestrator.model.errors import ToolMissing


def put_pulumi(folder: Path, version: str, *, beside: str = LANGUAGE_HOST) -> Path:
    folder.mkdir(parents=True)
    (folder / "pulumi").write_text(f"#!/bin/sh\necho {version}\n")
    (folder / beside).touch()
    (folder / "pulumi").chmod(0o755)
    return folder


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("version", ["v3.253.0", "v3.253.1", "v3.300.0", "v3.253.0-alpha.1"])
def test_fitting_installation_on_path_goes_first(tmp_path: Path, version: str) -> None:
    put_pulumi(find_own_pulumi_folder() / "bin", "v3.253.0")
    assert find_pulumi() != tmp_path / "bin"
    assert find_pulumi() == find_own_pulumi_folder() / "bin"
    put_pulumi(tmp_path / "bin", version)
    assert find_pulumi() == tmp_path / "bin"


@pytest.mark.parametrize("version", ["v3.252.9", "v2.999.0", "v4.0.0", "", "pulumi"])
def test_other_versions_are_passed_over(tmp_path: Path, version: str) -> None:
    put_pulumi(tmp_path / "bin", version)
    with pytest.raises(ToolMissing, match="run `make setup`"):
        find_pulumi()


def test_installation_without_the_python_host_is_passed_over(tmp_path: Path) -> None:
    put_pulumi(tmp_path / "bin", "v3.253.0", beside="pulumi-language-go")
    with pytest.raises(ToolMissing):
        find_pulumi()


def test_link_to_an_installation_counts_by_what_is_beside_its_target(tmp_path: Path) -> None:
    put_pulumi(tmp_path / "opt", "v3.253.0")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").symlink_to(tmp_path / "opt" / "pulumi")
    assert find_pulumi() == tmp_path / "bin"


def test_stacks_that_ask_at_once_ask_the_cli_once(tmp_path: Path) -> None:
    folder = put_pulumi(tmp_path / "bin", "v3.253.0")
    (folder / "pulumi").write_text(f"#!/bin/sh\necho asked >> {tmp_path / 'asked'}\nsleep 0.1\necho v3.253.0\n")
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: find_pulumi(), range(4))) == {folder}
    assert (tmp_path / "asked").read_text() == "asked\n"
