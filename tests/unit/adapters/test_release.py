"""Releases of a publisher on loopback: good ones are installed, all others leave nothing behind but one clear error."""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.artifacts import ensure_artifact
from orchestrator.model.artifact import ArtifactRecipe, Release, TrustedKeys
from orchestrator.model.errors import OrchestratorError, RemoteFailure
from tests.serving import serve, serve_tls
from tests.signing import LONG_AGO, Signer, make_signer

ARCHIVE = "client-1.2-x64.tar.gz"


def pack(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


GOOD = pack({"client-1.2/bin/client": b"real", "client-1.2/README": b"read me"})


def list_sums(archive: bytes) -> bytes:
    other = hashlib.sha256(b"other").hexdigest()
    return f"{other}  client-1.2-arm.tar.gz\n{hashlib.sha256(archive).hexdigest()}  {ARCHIVE}\n".encode()


@dataclass
class Publisher:
    """What a web server answers: content by path, where a path is redirected to, and which answers are cut short."""

    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    cut: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def build_handler(self) -> type[BaseHTTPRequestHandler]:
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked.append(self.path)
                if self.path in publisher.redirects:
                    self.send_response(302)
                    self.send_header("Location", publisher.redirects[self.path])
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                body = publisher.files.get(self.path)
                if body is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if self.path in publisher.cut else body)

            def log_message(self, *_: object) -> None:
                """Nothing: pytest prints what matters."""

        return Handler


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    with make_signer(tmp_path_factory.mktemp("gnupg") / "home") as made:
        yield made


@pytest.fixture
def publisher(signer: Signer, tmp_path: Path) -> Iterator[Publisher]:
    """Has published a good release, signed by alice and bob."""
    made = Publisher()
    publish(made, signer, tmp_path, GOOD, "alice", "bob")
    with serve(made.build_handler()) as address:
        made.address = address
        yield made


def publish(publisher: Publisher, signer: Signer, folder: Path, archive: bytes, *names: str, at: str = "") -> None:
    (folder / "sums").write_bytes(list_sums(archive))
    signature = signer.sign(folder / "sums", *names, at=at)
    publisher.files |= {f"/{ARCHIVE}": archive, "/SHA256SUMS": list_sums(archive), "/SHA256SUMS.asc": signature}


def trust(signer: Signer, folder: Path, *names: str, threshold: int = 1) -> TrustedKeys:
    (folder / "keys.asc").write_bytes(signer.export(*names))
    fingerprints = frozenset(signer.fingerprint(name) for name in names)
    return TrustedKeys(files=(str(folder / "keys.asc"),), fingerprints=fingerprints, threshold=threshold)


def make_recipe(publisher: Publisher, keys: TrustedKeys | None, **changes: Any) -> ArtifactRecipe:
    release = Release(
        url=f"{publisher.address}/client-{{version}}-{{arch}}.tar.gz",
        binaries={"client": "client-1.2/bin/client"},
        arch_names={"amd64": "x64"},
        checksums=f"{publisher.address}/SHA256SUMS",
        signatures=(f"{publisher.address}/SHA256SUMS.asc",),
        keys=keys,
    )
    changed = Release.model_validate({**release.model_dump(), **changes})
    return ArtifactRecipe(name="client", version="1.2", release=changed)


def install(recipe: ArtifactRecipe, cache: Path) -> Path:
    return ensure_artifact(recipe, cache, lambda line: None, arch="amd64")


def list_installed(cache: Path) -> list[str]:
    """Every file of the cache but its locks: an artifact that was there before is still whole, and nothing is new."""
    return sorted(
        str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"
    )


def test_signed_by_enough_builders_is_installed_once(publisher: Publisher, signer: Signer, tmp_path: Path) -> None:
    recipe = make_recipe(publisher, trust(signer, tmp_path, "alice", "bob", threshold=2))
    folder = install(recipe, tmp_path / "cache")
    assert (folder / "client").read_text() == "real"
    asked = len(publisher.asked)
    assert install(recipe, tmp_path / "cache") == folder
    assert len(publisher.asked) == asked


def test_the_record_says_what_vouched_for_it(publisher: Publisher, signer: Signer, tmp_path: Path) -> None:
    install(make_recipe(publisher, trust(signer, tmp_path, "alice")), tmp_path / "cache")
    [record] = (tmp_path / "cache" / "artifacts" / "records").glob("*.json")
    assert signer.fingerprint("alice") in record.read_text()
    assert hashlib.sha256(GOOD).hexdigest() in record.read_text()


def test_the_download_itself_may_be_what_is_signed(publisher: Publisher, signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(GOOD)
    publisher.files[f"/{ARCHIVE}.asc"] = signer.sign(tmp_path / "archive", "alice")
    own = {"checksums": None, "signatures": (f"{publisher.address}/client-{{version}}-{{arch}}.tar.gz.asc",)}
    recipe = make_recipe(publisher, trust(signer, tmp_path, "alice"), **own)
    assert (install(recipe, tmp_path / "cache") / "client").read_text() == "real"
    publisher.files[f"/{ARCHIVE}"] = pack({"client-1.2/bin/client": b"evil"})
    with pytest.raises(RemoteFailure, match="its signature is of other content"):
        install(recipe, tmp_path / "another")
    assert list_installed(tmp_path / "another") == []


def test_checksums_beside_a_signed_download_must_hold_too(publisher: Publisher, signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(GOOD)
    publisher.files[f"/{ARCHIVE}.asc"] = signer.sign(tmp_path / "archive", "alice")
    own = {"signature_of": "download", "signatures": (f"{publisher.address}/{ARCHIVE}.asc",)}
    recipe = make_recipe(publisher, trust(signer, tmp_path, "alice"), **own)
    publisher.files["/SHA256SUMS"] = list_sums(b"another")
    with pytest.raises(RemoteFailure, match="has the digest"):
        install(recipe, tmp_path / "cache")


def test_a_pinned_digest_and_signatures_must_both_hold(publisher: Publisher, signer: Signer, tmp_path: Path) -> None:
    keys, right = trust(signer, tmp_path, "alice"), hashlib.sha256(GOOD).hexdigest()
    assert install(make_recipe(publisher, keys, sha256={"amd64": right}), tmp_path / "cache")
    with pytest.raises(RemoteFailure, match=r"has the digest sha256:.*and sha256:0+ is pinned"):
        install(make_recipe(publisher, keys, sha256={"amd64": "0" * 64}), tmp_path / "another")
    assert list_installed(tmp_path / "another") == []


def test_keys_that_are_trusted_no_more_do_not_open_the_cache(
    publisher: Publisher, signer: Signer, tmp_path: Path
) -> None:
    install(make_recipe(publisher, trust(signer, tmp_path, "alice")), tmp_path / "cache")
    with pytest.raises(RemoteFailure, match="by 0 trusted keys"):
        install(make_recipe(publisher, trust(signer, tmp_path, "rob")), tmp_path / "cache")


def replace_archive(publisher: Publisher, signer: Signer, folder: Path) -> None:
    publisher.files[f"/{ARCHIVE}"] = pack({"client-1.2/bin/client": b"evil"})


def replace_list(publisher: Publisher, signer: Signer, folder: Path) -> None:
    replace_archive(publisher, signer, folder)
    publisher.files["/SHA256SUMS"] = list_sums(publisher.files[f"/{ARCHIVE}"])


def sign_by_another(publisher: Publisher, signer: Signer, folder: Path) -> None:
    publish(publisher, signer, folder, pack({"client-1.2/bin/client": b"evil"}), "mallory")


def sign_by_the_expired(publisher: Publisher, signer: Signer, folder: Path) -> None:
    publish(publisher, signer, folder, GOOD, "eve", at=LONG_AGO)


def sign_by_too_few(publisher: Publisher, signer: Signer, folder: Path) -> None:
    publish(publisher, signer, folder, GOOD, "alice", "mallory")


def cut_the_download(publisher: Publisher, signer: Signer, folder: Path) -> None:
    publisher.cut = frozenset({f"/{ARCHIVE}"})


def cut_the_signature(publisher: Publisher, signer: Signer, folder: Path) -> None:
    publisher.cut = frozenset({"/SHA256SUMS.asc"})


def redirect_elsewhere(publisher: Publisher, signer: Signer, folder: Path) -> None:
    publisher.redirects[f"/{ARCHIVE}"] = publisher.address.replace("127.0.0.1", "localhost") + f"/{ARCHIVE}"


def redirect_the_list(publisher: Publisher, signer: Signer, folder: Path) -> None:
    publisher.redirects["/SHA256SUMS"] = publisher.address.replace("127.0.0.1", "localhost") + "/SHA256SUMS"


def traverse(publisher: Publisher, signer: Signer, folder: Path) -> None:
    members = {"client-1.2/bin/client": b"real", "client-1.2/../../../../evil": b"evil"}
    publish(publisher, signer, folder, pack(members), "alice", "bob")


def leave_out(publisher: Publisher, signer: Signer, folder: Path) -> None:
    publish(publisher, signer, folder, pack({"client-2.0/client": b"real"}), "alice", "bob")


def forget_the_file(publisher: Publisher, signer: Signer, folder: Path) -> None:
    del publisher.files["/SHA256SUMS.asc"]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (replace_archive, r"client-1\.2-x64\.tar\.gz has the digest sha256:"),
        (replace_list, r"/SHA256SUMS is signed by 0 trusted keys, not by 2: .*of other content"),
        (sign_by_another, r"by 0 trusted keys, not by 2: .*no trusted key"),
        (sign_by_the_expired, r"by 0 trusted keys, not by 2: .*the key has expired"),
        (sign_by_too_few, r"by 1 trusted keys, not by 2: .*no trusted key"),
        (cut_the_download, r"ended after \d+ of \d+ bytes"),
        (cut_the_signature, r"ended after \d+ of \d+ bytes"),
        (redirect_elsewhere, r"redirects to http://localhost"),
        (redirect_the_list, r"redirects to http://localhost"),
        (traverse, r"the archive has a member 'client-1\.2/\.\./\.\./\.\./\.\./evil', which leads out of it"),
        (leave_out, r"the archive has no member"),
        (forget_the_file, r"SHA256SUMS\.asc answered 404"),
    ],
)
def test_all_else_is_one_clear_error_and_installs_nothing(
    harm: Callable[[Publisher, Signer, Path], None], words: str, publisher: Publisher, signer: Signer, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    earlier = make_recipe(publisher, None, sha256={"amd64": hashlib.sha256(GOOD).hexdigest()})
    kept = install(earlier, cache)
    before = list_installed(cache)
    harm(publisher, signer, tmp_path)
    keys = trust(signer, tmp_path, "alice", "bob", "eve", threshold=2)
    with pytest.raises(OrchestratorError, match=words) as failure:
        install(make_recipe(publisher, keys), cache)
    assert failure.value.hint
    assert list_installed(cache) == before
    assert install(earlier, cache) == kept
    assert not (tmp_path / "evil").exists()


def test_over_tls_its_certificate_must_be_known(
    publisher: Publisher, signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = trust(signer, tmp_path, "alice")
    with serve_tls(publisher.build_handler(), tmp_path) as (address, certificate):
        publisher.address = address
        recipe = make_recipe(publisher, keys)
        with pytest.raises(RemoteFailure, match="certificate verify failed"):
            install(recipe, tmp_path / "cache")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        publisher.redirects[f"/{ARCHIVE}"] = address.replace("https://", "http://") + f"/{ARCHIVE}"
        with pytest.raises(RemoteFailure, match="redirects to http://"):
            install(recipe, tmp_path / "cache")
        publisher.redirects.clear()
        assert (install(recipe, tmp_path / "cache") / "client").read_text() == "real"
