"""A client's programs on the controller: from a verified release or built from a pinned module, kept by content."""

import hashlib
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestrator.adapters.archive import extract_programs
from orchestrator.adapters.artifact_store import ArtifactStore, Origin, compute_content_digest
from orchestrator.adapters.go import BuildFlags, build_programs
from orchestrator.adapters.release import fetch_release
from orchestrator.folders import find_asset
from orchestrator.model.artifact import Arch, ArtifactRecipe, GoModule, Release
from orchestrator.model.errors import InvalidDocument, OrchestratorError, ToolMissing

ARCHES: dict[str, Arch] = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

OnLine = Callable[[str], None]


def find_arch() -> Arch:
    """This machine's architecture; ToolMissing where clients do not run on it."""
    name = platform.machine().lower()
    if name not in ARCHES:
        raise ToolMissing(f"no client runs on the architecture {name}", hint="use an x86-64 or arm64 machine")
    return ARCHES[name]


def ensure_artifact(recipe: ArtifactRecipe, cache: Path, on_progress: OnLine, *, arch: Arch | None = None) -> Path:
    """The folder below `cache` with the programs of `recipe` for `arch` (this machine's, unless said), made once.

    The name of a release's folder holds a digest of its programs; that of a build a digest of all that decides them,
    so that another Go tool chain is no other artifact. Programs in the cache that are not as they were verified are
    had anew. Raises RemoteFailure where a fetch or build fails, InvalidDocument where nothing can be verified.
    """
    arch = arch or find_arch()
    way = recipe.find_way(arch)
    if way is None:
        message, hint = recipe.describe_unverified(arch)
        raise InvalidDocument([OrchestratorError(message, hint=hint)])
    store, key = ArtifactStore(cache / "artifacts"), compute_recipe_key(recipe, arch)
    with store.hold(key):
        found = store.find(key)
        if found is not None:
            return found
        with store.draft() as draft:
            programs = draft / "programs"
            programs.mkdir()
            label = f"{recipe.name}-{recipe.version}-{arch}"
            if isinstance(way, Release):
                on_progress(f"fetching {recipe.name} {recipe.version}")
                origin = _take_release(way, recipe.version, arch, programs, label)
            else:
                on_progress(f"building {recipe.name} {recipe.version} from source")
                flags = BuildFlags(way.cgo, way.variables)
                build_programs(find_module(way), way.binaries, programs, on_progress, arch=arch, flags=flags)
                origin = Origin(f"{label}-{key[:16]}", {"built_from": way.module})
            return store.keep(key, programs, origin)


def find_clients_folder() -> Path:
    """Where the clients' files are, and beside them their modules and key files."""
    return find_asset("ansible") / "clients"


def find_module(go: GoModule) -> Path:
    """The folder with the go.mod and go.sum that pin a client's build."""
    return find_clients_folder() / go.module


def compute_recipe_key(recipe: ArtifactRecipe, arch: Arch) -> str:
    """A digest, in hex, of all that decides what the programs are and whether they are trusted."""
    way = recipe.find_way(arch)
    shown = recipe.model_dump_json(include={"name", "version"})
    digest = hashlib.sha256(f"{arch}\n{shown}\n{_render(way)}\n".encode())
    for path in _list_files(way):
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def _list_files(way: GoModule | Release | None) -> list[Path]:
    """The files that a way depends on: what pins a build, or the trusted keys."""
    if isinstance(way, GoModule):
        return [find_module(way) / name for name in ("go.mod", "go.sum")]
    return [find_clients_folder() / name for name in way.keys.files] if way and way.keys else []


def _render(way: GoModule | Release | None) -> str:
    """A way as text; sets in order, so that equal ways are equal texts."""
    if way is None:
        return ""
    plain: dict[str, Any] = way.model_dump(mode="json")
    if plain.get("redirect_hosts"):
        plain["redirect_hosts"].sort()
    if plain.get("keys"):
        plain["keys"]["fingerprints"].sort()
    return json.dumps(plain, sort_keys=True)


def _take_release(release: Release, version: str, arch: Arch, programs: Path, label: str) -> Origin:
    """Fetches, verifies and unpacks a release; where its programs then belong."""
    resolved = release.keys and release.keys.resolve(find_clients_folder())
    downloaded = fetch_release(release.model_copy(update={"keys": resolved}), version, arch, programs.parent)
    extract_programs(downloaded.file, release.binaries, programs)
    story = {"url": downloaded.url, "digest": downloaded.digest, "signed_by": list(downloaded.signers)}
    return Origin(f"{label}-{compute_content_digest(programs)[:16]}", story)
