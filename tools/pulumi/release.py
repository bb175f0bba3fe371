"""Fetches the vendor's Pulumi release and holds it against the checksums that are published beside it.

Tested against a local server; this project's own machines cannot reach the real site.
"""

import platform
import re
import tempfile
from pathlib import Path

from orchestrator.adapters.archive import extract_programs
from orchestrator.adapters.download import fetch_file, fetch_text
from orchestrator.adapters.pulumi_toolchain import LANGUAGE_HOST, PULUMI_VERSION
from orchestrator.model.errors import RemoteFailure

VENDOR_SITE = "https://get.pulumi.com/releases/sdk"
CONNECT_LIMIT_S = 3.0  # there is another way, so an unreachable site is not worth a wait
ARCHES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}  # uname's word: the vendor's
PROGRAMS = ("pulumi", LANGUAGE_HOST, "pulumi-language-python-exec", "pulumi-resource-pulumi-python")


def fetch_release(target: Path, *, site: str = VENDOR_SITE) -> None:
    """Fills the folder `target` with the release's programs for Python, or raises RemoteFailure."""
    archive = _name_archive()
    sums = fetch_text(f"{site}/pulumi-{PULUMI_VERSION}-checksums.txt", connect_limit_s=CONNECT_LIMIT_S)
    digest = f"sha256:{_find_sum(sums, archive)}"
    with tempfile.TemporaryDirectory() as folder:
        fetched = fetch_file(
            f"{site}/{archive}", destination=Path(folder) / archive, digest=digest, connect_limit_s=CONNECT_LIMIT_S
        )
        extract_programs(fetched, {program: f"pulumi/{program}" for program in PROGRAMS}, target)


def _name_archive() -> str:
    system, machine = platform.system().lower(), platform.machine().lower()
    if system not in {"linux", "darwin"} or machine not in ARCHES:
        raise RemoteFailure(f"the vendor has no release for {system} on {machine}", hint="build it from source")
    return f"pulumi-v{PULUMI_VERSION}-{system}-{ARCHES[machine]}.tar.gz"


def _find_sum(sums: str, archive: str) -> str:
    """The SHA-256 of `archive` in a list of lines `HEX  NAME`."""
    found = re.search(rf"^([0-9a-f]{{64}})[ *]+{re.escape(archive)}$", sums, re.MULTILINE)
    if not found:
        raise RemoteFailure(f"the published checksums do not list {archive}", hint="was that version withdrawn?")
    return found[1]
