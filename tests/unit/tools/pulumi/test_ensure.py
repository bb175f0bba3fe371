"""Where the tool chain comes from: the release where it can be had, else the source; made once, whole or not at all."""

import os
from pathlib import Path

import pytest

from orchestrator.adapters.pulumi_toolchain import LANGUAGE_HOST, find_own_pulumi_folder
from orchestrator.model.errors import RemoteFailure, ToolMissing
from tools.pulumi import ensure
from tools.pulumi.ensure import ensure_pulumi
from tools.pulumi.install_language_host import install_language_host


def put_release(target: Path) -> None:
    target.mkdir()
    for name in ("pulumi", LANGUAGE_HOST):
        (target / name).touch()


def put_build(target: Path, _on_progress: object) -> None:
    target.mkdir()
    (target / "pulumi").touch()
    install_language_host(target)


def refuse(*_: object) -> None:
    raise RemoteFailure("out of reach")


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(ensure, "fetch_release", refuse)
    monkeypatch.setattr(ensure, "build_from_source", refuse)
    monkeypatch.setattr(ensure, "ensure_go", lambda *_: None)


def test_release_goes_first_and_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensure, "fetch_release", put_release)
    assert ensure_pulumi(print) == find_own_pulumi_folder() / "bin"
    assert (find_own_pulumi_folder() / "bin" / LANGUAGE_HOST).read_text() == ""


def test_source_is_built_where_the_release_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(ensure, "build_from_source", put_build)
    assert ensure_pulumi(said.append) == find_own_pulumi_folder() / "bin"
    assert "out of reach; building it from its Go module" in said[-1]


def test_second_time_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensure, "build_from_source", put_build)
    ensure_pulumi(print)
    monkeypatch.setattr(ensure, "build_from_source", refuse)
    said: list[str] = []
    ensure_pulumi(said.append)
    assert said == []


def test_neither_leaves_nothing() -> None:
    with pytest.raises(RemoteFailure):
        ensure_pulumi(print)
    assert not find_own_pulumi_folder().exists()


def test_installed_pulumi_is_used_and_nothing_made(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").write_text("#!/bin/sh\necho v3.300.1\n")
    (tmp_path / "bin" / "pulumi").chmod(0o755)
    (tmp_path / "bin" / LANGUAGE_HOST).touch()
    assert ensure_pulumi(print) == tmp_path / "bin"
    assert not find_own_pulumi_folder().exists()


def test_language_host_of_a_kept_build_is_brought_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensure, "build_from_source", put_build)
    host = ensure_pulumi(print) / LANGUAGE_HOST
    wanted = host.read_text()
    host.write_text("of an older checkout")
    ensure_pulumi(print)
    assert host.read_text() == wanted


def test_tool_missing_is_no_reason_to_forget_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_go(*_: object) -> None:
        raise ToolMissing("no Go")

    monkeypatch.setattr(ensure, "ensure_go", no_go)
    with pytest.raises(ToolMissing, match="no Go"):
        ensure_pulumi(print)
