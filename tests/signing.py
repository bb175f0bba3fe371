"""OpenPGP keys made for a test, in a GNUPGHOME of its own: good ones, one that has expired, one that was revoked."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LONG_AGO = "20200101T000000"


@dataclass(frozen=True)
class Signer:
    """A keyring with secret keys, by user id."""

    home: Path

    def gpg(self, *arguments: str | Path) -> bytes:
        command = ["gpg", "--homedir", self.home, "--batch", "--yes", "--no-tty", "--passphrase", "", *arguments]
        return subprocess.run(command, capture_output=True, check=True, stdin=subprocess.DEVNULL).stdout

    def make_key(self, name: str) -> None:
        self.gpg("--quick-gen-key", name, "ed25519", "sign", "never")

    def make_expired_key(self, name: str) -> None:
        self.gpg("--faked-system-time", LONG_AGO, "--quick-gen-key", name, "ed25519", "sign", "1d")

    def revoke(self, name: str) -> None:
        certificate = self.home / "openpgp-revocs.d" / f"{self.fingerprint(name)}.rev"
        text = certificate.read_text().replace(":-----BEGIN", "-----BEGIN")
        certificate.write_text(text)
        self.gpg("--import", certificate)

    def fingerprint(self, name: str) -> str:
        lines = self.gpg("--with-colons", "--list-keys", f"={name}").decode().splitlines()
        return next(line.split(":")[9] for line in lines if line.startswith("fpr:"))

    def export(self, *names: str, armor: bool = True) -> bytes:
        return self.gpg(*(["--armor"] if armor else []), "--export", *(f"={name}" for name in names))

    def sign(self, file: Path, *names: str, at: str = "") -> bytes:
        """A detached signature by each of the keys, armored, one block after another."""
        when = ("--faked-system-time", at) if at else ()
        return b"".join(
            self.gpg(*when, "--armor", "--local-user", f"={name}", "--output", "-", "--detach-sign", file)
            for name in names
        )


@contextmanager
def make_signer(folder: Path) -> Iterator[Signer]:
    """Keys: alice and bob (good), eve (expired), rob (revoked after he signed), mallory (nobody trusts her)."""
    folder.mkdir(mode=0o700)
    signer = Signer(folder)
    try:
        for name in ("alice", "bob", "rob", "mallory"):
            signer.make_key(name)
        signer.make_expired_key("eve")
        yield signer
    finally:
        subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], check=False, capture_output=True)
