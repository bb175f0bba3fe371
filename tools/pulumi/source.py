"""Builds the Pulumi CLI from its Go module, for where the vendor's download site is out of reach."""

import shutil
from collections.abc import Callable
from pathlib import Path

from orchestrator.adapters.go import BuildFlags, build_programs, find_module_folder
from orchestrator.adapters.pulumi_toolchain import PULUMI_VERSION
from tools.pulumi.install_language_host import install_language_host

MODULE = Path(__file__).resolve().parents[1] / "pulumi_cli"
SDK = "github.com/pulumi/pulumi/sdk/v3"
# What the SDK's module brings of the release's programs: the starter of Python programs, and dynamic providers.
SDK_PROGRAMS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")


def build_from_source(target: Path, on_progress: Callable[[str], None]) -> None:
    """Fills the folder `target` with `pulumi` and all that it needs to run Python programs. Minutes, when cold."""
    target.mkdir(parents=True)
    # Without its version the Automation API refuses the CLI.
    flags = BuildFlags(variables={f"{SDK}/go/common/version.Version": PULUMI_VERSION})
    packages = {"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"}
    build_programs(MODULE, packages, target, on_progress, flags=flags)
    sdk = find_module_folder(MODULE, SDK)
    for program in SDK_PROGRAMS:
        copy = shutil.copyfile(sdk / program, target / Path(program).name)
        Path(copy).chmod(0o755)
    install_language_host(target)
