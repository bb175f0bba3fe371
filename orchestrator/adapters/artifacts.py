"""A client's programs on the controller: from a verified release or built from a pinned module, kept by content."""

import hashlib
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path

from orchestrator.adapters.archive import extract_programs
from orchestrator.adapters.download import fetch_file
from orchestrator.adapters.go import build_programs
from orchestrator.adapters.whole_folder import ensure_whole_folder
from orchestrator.folders import find_asset
from orchestrator.model.artifact import Arch, ArtifactRecipe, GoModule, Release
from orchestrator.model.errors import InvalidDocument, OrchestratorError, ToolMissing

ARCHES: dict[str, Arch] = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def find_arch() -> Arch:
    """This machine's architecture; ToolMissing where clients do not run on it."""
    name = platform.machine().lower()
    if name not in ARCHES:
        raise ToolMissing(f"no client runs on the architecture {name}", hint="use an x86-64 or arm64 machine")
    return ARCHES[name]


def ensure_artifact(
    recipe: ArtifactRecipe, cache: Path, on_progress: Callable[[str], None], *, arch: Arch | None = None
) -> Path:
    """The folder below `cache` with the programs of `recipe` for `arch` (this machine's, unless said), made once.

    Its name holds a digest of all that decides its content, so a changed recipe or go.sum is another folder. Raises
    RemoteFailure where a fetch or build fails, InvalidDocument where the recipe has nothing that can be verified.
    """
    arch = arch or find_arch()
    key = _compute_key(recipe, arch)
    folder = cache / "artifacts" / f"{recipe.name}-{recipe.version}-{arch}-{key[:16]}"

    def fill(draft: Path) -> None:
        if recipe.release and arch in recipe.release.sha256:
            on_progress(f"fetching {recipe.name} {recipe.version}")
            _fetch_release(recipe.version, recipe.release, arch, draft)
        elif recipe.go:
            on_progress(f"building {recipe.name} {recipe.version} from source")
            build_programs(find_module(recipe.go), recipe.go.binaries, draft, on_progress, arch=arch)
        else:
            raise InvalidDocument([_describe_unverified(recipe, arch)])

    return ensure_whole_folder(folder, fill)


def find_module(go: GoModule) -> Path:
    """The folder with the go.mod and go.sum that pin a client's build."""
    return find_asset("ansible") / "clients" / go.module


def _compute_key(recipe: ArtifactRecipe, arch: Arch) -> str:
    digest = hashlib.sha256(f"{arch}\n{recipe.model_dump_json()}\n".encode())
    if recipe.go:
        for name in ("go.mod", "go.sum"):
            digest.update((find_module(recipe.go) / name).read_bytes())
    return digest.hexdigest()


def _fetch_release(version: str, release: Release, arch: Arch, draft: Path) -> None:
    url = release.url.format(version=version, arch=release.arch_names.get(arch, arch))
    with tempfile.TemporaryDirectory(dir=draft.parent) as folder:
        archive = fetch_file(
            url,
            destination=Path(folder) / "download",
            digest=f"sha256:{release.sha256[arch]}",
            redirect_hosts=release.redirect_hosts,
        )
        extract_programs(archive, release.binaries, draft)


def _describe_unverified(recipe: ArtifactRecipe, arch: Arch) -> OrchestratorError:
    return OrchestratorError(
        f"{recipe.name} {recipe.version} has no sha256 for {arch}, so its download would be unverified",
        hint="check the publisher's signature yourself, then pin the digest under artifacts.release.sha256",
    )
