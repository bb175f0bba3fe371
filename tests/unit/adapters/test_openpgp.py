"""Signatures by real keys, judged by the real gpg: who counts, who does not, and why."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.adapters.openpgp import verify_signatures
from orchestrator.model.artifact import TrustedKeys
from orchestrator.model.errors import InvalidDocument, RemoteFailure, ToolMissing
from tests.signing import LONG_AGO, Signer, make_signer


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    with make_signer(tmp_path_factory.mktemp("gnupg") / "home") as made:
        yield made


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    (tmp_path / "SHA256SUMS").write_text("the list\n")
    return tmp_path / "SHA256SUMS"


def trust(signer: Signer, folder: Path, *names: str, threshold: int = 1) -> TrustedKeys:
    (folder / "keys.asc").write_bytes(signer.export(*names))
    fingerprints = frozenset(signer.fingerprint(name) for name in names)
    return TrustedKeys(files=(str(folder / "keys.asc"),), fingerprints=fingerprints, threshold=threshold)


def write_signature(folder: Path, content: bytes, name: str = "signature") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def test_enough_known_builders_in_one_file_of_signatures(signer: Signer, signed: Path, tmp_path: Path) -> None:
    keys = trust(signer, tmp_path, "alice", "bob", threshold=2)
    signature = write_signature(tmp_path, signer.sign(signed, "mallory", "bob", "alice"))
    expected = tuple(sorted(signer.fingerprint(name) for name in ("alice", "bob")))
    assert verify_signatures(signed, [signature], keys, "SHA256SUMS") == expected


def test_signatures_may_be_files_of_their_own_and_keys_binary(signer: Signer, signed: Path, tmp_path: Path) -> None:
    (tmp_path / "both.gpg").write_bytes(signer.export("alice", "bob", armor=False))
    fingerprints = frozenset({signer.fingerprint("alice"), signer.fingerprint("bob")})
    keys = TrustedKeys(files=(str(tmp_path / "both.gpg"),), fingerprints=fingerprints, threshold=2)
    files = [write_signature(tmp_path, signer.sign(signed, name), name) for name in ("alice", "bob")]
    assert len(verify_signatures(signed, files, keys, "SHA256SUMS")) == 2


def test_one_key_that_signs_twice_is_one(signer: Signer, signed: Path, tmp_path: Path) -> None:
    keys = trust(signer, tmp_path, "alice", "bob", threshold=2)
    signature = write_signature(tmp_path, signer.sign(signed, "alice", "alice"))
    with pytest.raises(RemoteFailure, match="signed by 1 trusted keys, not by 2"):
        verify_signatures(signed, [signature], keys, "SHA256SUMS")


def test_a_key_in_the_file_that_is_not_among_the_fingerprints_does_not_count(
    signer: Signer, signed: Path, tmp_path: Path
) -> None:
    (tmp_path / "keys.asc").write_bytes(signer.export("alice", "mallory"))
    alone = frozenset({signer.fingerprint("alice")})
    keys = TrustedKeys(files=(str(tmp_path / "keys.asc"),), fingerprints=alone)
    signature = write_signature(tmp_path, signer.sign(signed, "mallory"))
    with pytest.raises(RemoteFailure, match=f"{signer.fingerprint('mallory')}: no trusted key"):
        verify_signatures(signed, [signature], keys, "SHA256SUMS")


def test_a_key_nobody_has_is_unknown(signer: Signer, signed: Path, tmp_path: Path) -> None:
    keys = trust(signer, tmp_path, "alice")
    signature = write_signature(tmp_path, signer.sign(signed, "mallory"))
    with pytest.raises(RemoteFailure, match=f"{signer.fingerprint('mallory')[-16:]}: no trusted key"):
        verify_signatures(signed, [signature], keys, "SHA256SUMS")


def test_an_expired_key_is_refused(signer: Signer, signed: Path, tmp_path: Path) -> None:
    keys = trust(signer, tmp_path, "eve")
    signature = write_signature(tmp_path, signer.sign(signed, "eve", at=LONG_AGO))
    with pytest.raises(RemoteFailure, match=f"{signer.fingerprint('eve')}: the key has expired"):
        verify_signatures(signed, [signature], keys, "SHA256SUMS")


def test_a_revoked_key_is_refused(signer: Signer, signed: Path, tmp_path: Path) -> None:
    signature = write_signature(tmp_path, signer.sign(signed, "rob"))
    assert verify_signatures(signed, [signature], trust(signer, tmp_path, "rob"), "SHA256SUMS")
    signer.revoke("rob")
    with pytest.raises(RemoteFailure, match=f"{signer.fingerprint('rob')}: the key was revoked"):
        verify_signatures(signed, [signature], trust(signer, tmp_path, "rob"), "SHA256SUMS")


def test_a_signature_of_other_content_is_refused(signer: Signer, signed: Path, tmp_path: Path) -> None:
    signature = write_signature(tmp_path, signer.sign(signed, "alice"))
    signed.write_text("another list\n")
    with pytest.raises(RemoteFailure, match="its signature is of other content"):
        verify_signatures(signed, [signature], trust(signer, tmp_path, "alice"), "SHA256SUMS")


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"-----BEGIN PGP SIGNATURE-----\n\nxx\n"])
def test_what_is_no_signature_is_refused(content: bytes, signer: Signer, signed: Path, tmp_path: Path) -> None:
    signature = write_signature(tmp_path, content)
    with pytest.raises(RemoteFailure, match="by 0 trusted keys, not by 1: there is no other signature"):
        verify_signatures(signed, [signature], trust(signer, tmp_path, "alice"), "SHA256SUMS")


def test_key_files_that_cannot_serve_are_named(signer: Signer, signed: Path, tmp_path: Path) -> None:
    keys = trust(signer, tmp_path, "alice")
    (tmp_path / "keys.asc").write_bytes(signer.export("bob"))
    with pytest.raises(InvalidDocument, match=rf"keys\.asc.*no key file holds the key {signer.fingerprint('alice')}"):
        verify_signatures(signed, [], keys, "SHA256SUMS")
    (tmp_path / "keys.asc").write_text("nothing")
    with pytest.raises(InvalidDocument, match=r"keys\.asc holds no OpenPGP key"):
        verify_signatures(signed, [], keys, "SHA256SUMS")
    (tmp_path / "keys.asc").unlink()
    with pytest.raises(InvalidDocument, match=r"keys\.asc does not exist"):
        verify_signatures(signed, [], keys, "SHA256SUMS")


def test_without_gpg_it_says_what_to_install(signed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys.asc").write_text("x")
    keys = TrustedKeys(files=(str(tmp_path / "keys.asc"),), fingerprints=frozenset({"A" * 40}))
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(ToolMissing, match="apt-get install gpg"):
        verify_signatures(signed, [], keys, "SHA256SUMS")
