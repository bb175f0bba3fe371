"""A published release: its download, fetched and held against all that vouches for it before anything is unpacked."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from orchestrator.adapters.checksums import find_digest
from orchestrator.adapters.download import fetch_bytes, fetch_file, fetch_for_verification
from orchestrator.adapters.openpgp import verify_signatures
from orchestrator.model.artifact import Arch, Release
from orchestrator.model.errors import RemoteFailure


@dataclass(frozen=True)
class VerifiedDownload:
    """A file that is what its publisher made, where it came from, and what vouched for it."""

    file: Path
    url: str
    digest: str
    signers: tuple[str, ...]


@dataclass(frozen=True)
class _Addresses:
    """The release's addresses for one version and architecture."""

    url: str
    checksums: str | None
    signatures: tuple[str, ...]


def fetch_release(release: Release, version: str, arch: Arch, folder: Path) -> VerifiedDownload:
    """Fetches a release into `folder`; RemoteFailure where anything that vouches for it does not hold.

    ValueError where nothing vouches for it: that is for the caller to refuse.
    """
    if not release.is_verified(arch):
        raise ValueError(f"nothing vouches for the release for {arch}")
    addresses = _fill(release, version, arch)
    signers: tuple[str, ...] = ()
    listed: str | None = None
    if release.keys and addresses.checksums:
        text, signers = _fetch_checksums(release, addresses, addresses.checksums, folder)
        listed = find_digest(text, _get_file_name(addresses.url), addresses.checksums)
    file = _fetch_download(release, addresses.url, listed or _get_pinned(release, arch), folder)
    digest = _hold_against_pin(file, addresses.url, _get_pinned(release, arch))
    if release.keys and not release.signs_checksums:
        paths = _fetch_signatures(release, addresses, folder)
        signers = verify_signatures(file, paths, release.keys, addresses.url)
    return VerifiedDownload(file, addresses.url, digest, signers)


def _fill(release: Release, version: str, arch: Arch) -> _Addresses:
    return _Addresses(
        url=release.fill(release.url, version, arch),
        checksums=release.checksums and release.fill(release.checksums, version, arch),
        signatures=tuple(release.fill(address, version, arch) for address in release.signatures),
    )


def _get_pinned(release: Release, arch: Arch) -> str | None:
    return f"sha256:{release.sha256[arch]}" if arch in release.sha256 else None


def _get_file_name(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]


def _fetch_checksums(
    release: Release, addresses: _Addresses, address: str, folder: Path
) -> tuple[str, tuple[str, ...]]:
    """The list of checksums, and who signed it where signatures are of the list."""
    content = fetch_bytes(address, redirect_hosts=release.redirect_hosts)
    path = folder / "checksums"
    path.write_bytes(content)
    signers: tuple[str, ...] = ()
    if release.keys and release.signs_checksums:
        paths = _fetch_signatures(release, addresses, folder)
        signers = verify_signatures(path, paths, release.keys, address)
    return content.decode("utf-8", errors="replace"), signers


def _fetch_signatures(release: Release, addresses: _Addresses, folder: Path) -> list[Path]:
    paths = []
    for number, address in enumerate(addresses.signatures, start=1):
        path = folder / f"signature-{number}"
        path.write_bytes(fetch_bytes(address, redirect_hosts=release.redirect_hosts))
        paths.append(path)
    return paths


def _fetch_download(release: Release, url: str, digest: str | None, folder: Path) -> Path:
    """The download; with a digest it is held against it on the way, without one a signature must follow."""
    destination = folder / "download"
    if digest is None:
        return fetch_for_verification(url, destination=destination, redirect_hosts=release.redirect_hosts)
    return fetch_file(url, destination=destination, digest=digest, redirect_hosts=release.redirect_hosts)


def _hold_against_pin(file: Path, url: str, pinned: str | None) -> str:
    """The download's digest; RemoteFailure where another one is pinned, whatever the publisher's list says."""
    with file.open("rb") as content:
        digest = f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"
    if pinned is not None and digest != pinned:
        raise RemoteFailure(
            f"{url} has the digest {digest}, and {pinned} is pinned",
            hint="nothing was installed; the publisher replaced the file, or the pin is of another version",
        )
    return digest
