"""The Go tool chain: find one that is new enough, and build programs from pinned Go modules."""

import os
import platform
import re
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.folders import find_cache_folder
from orchestrator.model.artifact import Arch
from orchestrator.model.errors import RemoteFailure, ToolMissing

Version = tuple[int, ...]
OWN_GO_VERSION = "1.26.6"  # the one that set-up installs where it finds none: tools/go/requirements.lock
PROGRESS_EVERY_S = 15.0
STATIC = "'-extldflags=-static -Wl,-z,noexecstack'"
OWN_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}  # what Go calls a machine
COMPILERS = {"amd64": "x86_64-linux-gnu-gcc", "arm64": "aarch64-linux-gnu-gcc"}  # Debian's names, cross or not


@dataclass(frozen=True)
class BuildFlags:
    """How a program is built. `cgo`: with the C code of its modules; `variables` are texts set at link time (-X).

    A program with C code is linked statically, with Go's own resolvers, so that it runs with whatever libc the machine
    has: a controller's newer one would otherwise be asked for. Its stack is not executable, though a module's
    assembler may ask for one: the sandboxed unit of a client forbids that.
    """

    cgo: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> tuple[str, ...]:
        """Arguments of `go build`."""
        own = ["-s", "-w", *(f"-X {name}={value}" for name, value in sorted(self.variables.items()))]
        if not self.cgo:
            return ("-ldflags", " ".join(own))
        return ("-tags", "netgo,osusergo", "-ldflags", " ".join([*own, "-linkmode=external", STATIC]))


PLAIN = BuildFlags()


def find_go(required: Version) -> Path:
    """The `go` that is first on PATH, else the one that set-up put into the cache, if it is at least `required`."""
    for candidate in (shutil.which("go"), find_own_go_folder() / "go" / "bin" / "go"):
        if candidate and Path(candidate).exists() and _ask_version(Path(candidate)) >= required:
            return Path(candidate)
    wanted = ".".join(map(str, required))
    raise ToolMissing(
        f"no Go tool chain of version {wanted} or newer", hint="run `make setup`, or put a newer go on PATH"
    )


def find_own_go_folder() -> Path:
    """Where set-up puts a Go tool chain of the project's own."""
    return find_cache_folder() / "go" / f"toolchain-{OWN_GO_VERSION}"


def read_required_version(module: Path) -> Version:
    """The Go version that the go.mod of the folder `module` asks for."""
    found = re.search(r"^go (\d+(?:\.\d+)*)$", (module / "go.mod").read_text(), re.MULTILINE)
    if not found:
        raise ToolMissing(
            f"{module / 'go.mod'} has no line `go VERSION`", hint="add the Go version that it builds with"
        )
    return _parse_version(found[1])


def build_programs(
    module: Path,
    packages: Mapping[str, str],
    target: Path,
    on_progress: Callable[[str], None],
    *,
    arch: Arch | None = None,
    flags: BuildFlags = PLAIN,
) -> None:
    """Builds `packages` (program name to import path) as the go.mod and go.sum in `module` pin them, into `target`.

    For Linux on `arch`, else for this machine. Nothing outside go.sum is accepted (-mod=readonly); paths of this
    machine are kept out of the result (-trimpath). Raises RemoteFailure with the end of Go's own words, ToolMissing
    where there is no C compiler and one is needed.
    """
    go = find_go(read_required_version(module))
    variables = _make_environment() | ({"GOOS": "linux", "GOARCH": arch} if arch else {})
    if flags.cgo:
        variables |= {"CGO_ENABLED": "1", "CC": find_compiler(arch)}
    for program, package in sorted(packages.items()):
        command: list[str | Path] = [go, "build", "-v", "-mod=readonly", "-trimpath", "-buildvcs=false"]
        command += [*flags.arguments, "-o", target.resolve() / program, package]
        with subprocess.Popen(command, cwd=module, env=variables, stderr=subprocess.PIPE, text=True) as running:
            last = _follow(program, running.stderr or [], on_progress)
        _check(command, module, running.returncode, last)


def find_compiler(arch: Arch | None) -> str:
    """The C compiler for `arch`, else for this machine; ToolMissing where there is none."""
    names = [COMPILERS[arch]] if arch else []
    if arch is None or arch == OWN_ARCH.get(platform.machine()):
        names.append("gcc")
    for name in names:
        if shutil.which(name):
            return name
    package = "build-essential" if "gcc" in names else f"crossbuild-essential-{arch}"
    raise ToolMissing(f"no C compiler for {arch or 'this machine'}", hint=f"install the Debian package {package}")


def find_module_folder(module: Path, path: str) -> Path:
    """Where Go's module cache keeps the files of the module `path` that `module` requires."""
    go = find_go(read_required_version(module))
    command: list[str | Path] = [go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", path]
    done = subprocess.run(command, cwd=module, env=_make_environment(), capture_output=True, text=True, check=False)
    _check(command, module, done.returncode, done.stderr.splitlines())
    return Path(done.stdout.strip())


def _follow(program: str, lines: Iterable[str], on_progress: Callable[[str], None]) -> Iterable[str]:
    """Reads what `go build -v` says to its end, a line a module or package; says how far it is now and then."""
    begun = told = time.monotonic()
    counts = {"modules fetched": 0, "packages compiled": 0}
    last: deque[str] = deque(maxlen=8)
    for line in lines:
        last.append(line.rstrip())
        counts["modules fetched" if line.startswith("go: downloading") else "packages compiled"] += 1
        if time.monotonic() - told >= PROGRESS_EVERY_S:
            told = time.monotonic()
            so_far = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
            on_progress(f"{program}: {so_far} ({told - begun:.0f} s)")
    return last


def _check(command: Sequence[str | Path], module: Path, exit_code: int, last: Iterable[str]) -> None:
    if exit_code:
        words = "\n".join(last)
        raise RemoteFailure(
            f"{' '.join(map(str, command))} in {module} ended with exit code {exit_code}: {words}",
            hint="is the Go module proxy in reach? GOPROXY says which one is used",
        )


def _make_environment() -> dict[str, str]:
    """Go's environment: what it writes goes to our cache folder, where clean finds it; no tool chain downloads."""
    folder = find_cache_folder() / "go"
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    own = {
        "XDG_CONFIG_HOME": str(folder / "config"),  # where Go counts its uses, even where told not to send them
        "GOENV": os.environ.get("GOENV") or str(configuration / "go" / "env"),  # what `go env -w` said stays in force
        "GOMODCACHE": str(folder / "modules"),
        "GOCACHE": str(folder / "build"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    return {**os.environ, **own, "CGO_ENABLED": "0", "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip()}


def _ask_version(go: Path) -> Version:
    """The version of the tool chain itself, not of one that it would download."""
    command = [str(go), "env", "GOVERSION"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_make_environment())
    found = re.match(r"go(\d+(?:\.\d+)*)", done.stdout)
    return _parse_version(found[1]) if found else ()


def _parse_version(text: str) -> Version:
    return tuple(int(part) for part in text.split("."))
