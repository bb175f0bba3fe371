"""Chooses where the Pulumi tool chain comes from, and makes it once."""

import shutil
from collections.abc import Callable
from pathlib import Path

from orchestrator.adapters.go import read_required_version
from orchestrator.adapters.pulumi_toolchain import (
    PULUMI_VERSION,
    find_own_pulumi_folder,
    find_pulumi,
    is_fitting_pulumi,
)
from orchestrator.adapters.whole_folder import ensure_whole_folder
from orchestrator.model.errors import RemoteFailure
from tools.go.ensure import ensure_go
from tools.pulumi.install_language_host import install_language_host, is_own_language_host
from tools.pulumi.release import fetch_release
from tools.pulumi.source import MODULE, build_from_source


def ensure_pulumi(on_progress: Callable[[str], None]) -> Path:
    """The folder of the Pulumi CLI and its Python language host, made where they are missing.

    Raises ToolMissing or RemoteFailure where neither the release nor the Go module can be had.
    """
    installed = shutil.which("pulumi")
    if installed and is_fitting_pulumi(Path(installed)):
        return Path(installed).parent

    def fill(draft: Path) -> None:
        try:
            on_progress(f"Pulumi {PULUMI_VERSION}: asking the vendor's download site")
            fetch_release(draft / "bin")
        except RemoteFailure as error:
            on_progress(f"Pulumi {PULUMI_VERSION}: {error.message}; building it from its Go module instead (minutes)")
            shutil.rmtree(draft / "bin", ignore_errors=True)
            ensure_go(read_required_version(MODULE), on_progress)
            build_from_source(draft / "bin", on_progress)

    own = ensure_whole_folder(find_own_pulumi_folder(), fill) / "bin"
    if is_own_language_host(own):
        install_language_host(own)
    return find_pulumi()
