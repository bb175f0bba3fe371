"""The Go tool chain: find one that is new enough, and build programs from pinned Go modules."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from orchestrator.folders import find_cache_folder
from orchestrator.model.artifact import Arch
from orchestrator.model.errors import RemoteFailure, ToolMissing

Version = tuple[int, ...]


def find_go(required: Version) -> Path:
    """The `go` that is first on PATH, else the one that set-up put into the cache, if it is at least `required`."""
    for candidate in (shutil.which("go"), find_go_folder() / "bin" / "go"):
        if candidate and Path(candidate).exists() and _ask_version(Path(candidate)) >= required:
            return Path(candidate)
    wanted = ".".join(map(str, required))
    raise ToolMissing(
        f"no Go tool chain of version {wanted} or newer", hint="run `make setup`, or put a newer go on PATH"
    )


def find_go_folder() -> Path:
    """Where set-up puts a Go tool chain of the project's own, and Go its caches."""
    return find_cache_folder() / "go"


def read_required_version(module: Path) -> Version:
    """The Go version that the go.mod of the folder `module` asks for."""
    found = re.search(r"^go (\d+(?:\.\d+)*)$", (module / "go.mod").read_text(), re.MULTILINE)
    if not found:
        raise ToolMissing(
            f"{module / 'go.mod'} has no line `go VERSION`", hint="add the Go version that it builds with"
        )
    return _parse_version(found[1])


def build_programs(
    module: Path, packages: Mapping[str, str], target: Path, *, arch: Arch | None = None, ldflags: str = "-s -w"
) -> None:
    """Builds `packages` (program name to import path) as the go.mod and go.sum in `module` pin them, into `target`.

    For Linux on `arch`, else for this machine. Nothing outside go.sum is accepted (-mod=readonly); paths of this
    machine are kept out of the result (-trimpath). Raises RemoteFailure with the end of Go's own words.
    """
    go = find_go(read_required_version(module))
    for program, package in sorted(packages.items()):
        command: list[str | Path] = [go, "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", ldflags]
        run_go([*command, "-o", target.resolve() / program, package], module, arch=arch)


def find_module_folder(module: Path, path: str) -> Path:
    """Where Go's module cache keeps the files of the module `path` that `module` requires."""
    go = find_go(read_required_version(module))
    return Path(run_go([go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", path], module).strip())


def run_go(command: list[str | Path], module: Path, *, arch: Arch | None = None) -> str:
    """Runs a go command in the folder `module`, for Linux on `arch` or this machine; returns what it prints."""
    target = {"GOOS": "linux", "GOARCH": arch} if arch else {}
    done = subprocess.run(
        command, cwd=module, env={**_make_environment(), **target}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-8:])
        raise RemoteFailure(
            f"{' '.join(map(str, command))} in {module} ended with exit code {done.returncode}: {last}",
            hint="is the Go module proxy in reach? GOPROXY says which one is used",
        )
    return done.stdout


def _make_environment() -> dict[str, str]:
    """Go's environment: its caches in our own cache folder, where clean finds them, and no tool chain downloads."""
    folder = find_go_folder()
    own = {
        "GOMODCACHE": str(folder / "modules"),
        "GOCACHE": str(folder / "build"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    return {**os.environ, **own, "CGO_ENABLED": "0", "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip()}


def _ask_version(go: Path) -> Version:
    """The version of the tool chain itself: GOTOOLCHAIN=local keeps it from naming one that it would download."""
    done = subprocess.run(
        [go, "env", "GOVERSION"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GOTOOLCHAIN": "local"},
    )
    found = re.match(r"go(\d+(?:\.\d+)*)", done.stdout)
    return _parse_version(found[1]) if found else ()


def _parse_version(text: str) -> Version:
    return tuple(int(part) for part in text.split("."))
