"""OpenPGP signatures, judged by gpg in a keyring of its own that holds the trusted keys and is gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from orchestrator.documents.text_file import invalid
from orchestrator.model.artifact import TrustedKeys
from orchestrator.model.errors import InvalidDocument, OrchestratorError, RemoteFailure, ToolMissing
from orchestrator.model.source import Source

STATUS = "[GNUPG:] "  # how each line of --status-fd begins (GnuPG's doc/DETAILS)
TIME_LIMIT_S = 60.0
NO_SUCH_KEY = "9"  # the reason code of ERRSIG for a key that is not in the keyring

# What gpg calls the outcome of one signature, in our words. VALIDSIG follows an expired or revoked key's signature too.
FAULTS = {
    "EXPSIG": "its signature has expired",
    "EXPKEYSIG": "the key has expired",
    "REVKEYSIG": "the key was revoked",
    "BADSIG": "its signature is of other content",
}


@dataclass(frozen=True)
class Verdict:
    """What gpg says of one signature: the key (whole fingerprint where known, else key id), and what is wrong."""

    key: str
    fault: str = ""


def verify_signatures(signed: Path, signatures: Sequence[Path], keys: TrustedKeys, what: str) -> tuple[str, ...]:
    """The trusted keys, by fingerprint, that signed the file; RemoteFailure where they are fewer than the threshold.

    `signatures` are files of one or more detached signatures. Expired and revoked keys do not count. `what` names the
    signed file in errors. InvalidDocument where a key file is not there or lacks a key, ToolMissing without gpg.
    """
    with tempfile.TemporaryDirectory(prefix="keyring-") as home:
        _import_keys(Path(home), keys)
        verdicts = [verdict for path in signatures for verdict in _judge(Path(home), path, signed)]
    good = tuple(sorted({each.key for each in verdicts if not each.fault and each.key in keys.fingerprints}))
    if len(good) >= keys.threshold:
        return good
    raise RemoteFailure(
        f"{what} is signed by {len(good)} trusted keys, not by {keys.threshold}: {_explain(verdicts, keys)}",
        hint="nothing was installed; the file is not what was signed, or other keys sign now: ask the publisher",
    )


def _explain(verdicts: Sequence[Verdict], keys: TrustedKeys) -> str:
    """Each key that does not count and why, in few words."""
    faults = {each.key: each.fault or "no trusted key" for each in verdicts if each.key not in keys.fingerprints}
    faults |= {each.key: each.fault for each in verdicts if each.fault}
    return "; ".join(f"{key}: {why}" for key, why in sorted(faults.items())) or "there is no other signature"


def _import_keys(home: Path, keys: TrustedKeys) -> None:
    """Reads the key files into the keyring."""
    for name in keys.files:
        path = Path(name)
        if not path.is_file():
            raise invalid(path, "does not exist", "put the publisher's public keys there")
        read = {line.split()[2] for line in _run(home, "--import", path) if line.startswith("IMPORT_OK")}
        if not read:
            raise invalid(path, "holds no OpenPGP key", "export it with gpg --armor --export")
    missing = sorted(keys.fingerprints - _list_primary_keys(home))
    if missing:
        message = f"no key file holds the key {missing[0]}"
        hint = "add its key material, or take the fingerprint out of the trusted ones"
        raise InvalidDocument([OrchestratorError(message, hint=hint, source=Source.at(keys.files[0]))])


def _list_primary_keys(home: Path) -> set[str]:
    """The fingerprints of the keyring's keys; those of subkeys are no names to trust by."""
    lines = [line.split(":") for line in _run(home, "--with-colons", "--list-keys")]
    return {line[9] for before, line in pairwise(lines) if before[0] == "pub" and line[0] == "fpr"}


def _judge(home: Path, signature: Path, signed: Path) -> Iterator[Verdict]:
    """gpg's verdict on each signature of one file."""
    fault, key = "", ""
    for line in _run(home, "--verify", signature, signed):
        word, *fields = line.split()
        if word == "NEWSIG":
            fault, key = "", ""
        elif word in FAULTS:
            fault, key = FAULTS[word], fields[0]
            if word == "BADSIG":
                yield Verdict(key, fault)
        elif word == "ERRSIG":
            unknown = fields[5] == NO_SUCH_KEY
            yield Verdict(fields[0], "no trusted key" if unknown else "its signature cannot be checked")
        elif word == "GOODSIG":
            key = fields[0]
        elif word == "VALIDSIG" and key:  # after GOODSIG or a fault; its last field is the primary key
            yield Verdict(fields[-1], fault)


def _run(home: Path, *arguments: str | Path) -> list[str]:
    """One call of gpg: its status lines without their prefix; for listings, the lines as they are."""
    program = shutil.which("gpg")
    if program is None:
        raise ToolMissing("gpg is not on PATH, and signatures are verified with it", hint="apt-get install gpg")
    # Its own settings and keys have no say; no agent, no network; SHA-1 signatures are as good as none.
    alone = ("--no-options", "--homedir", home, "--no-autostart", "--disable-dirmngr", "--no-auto-key-retrieve")
    strict = ("--batch", "--no-tty", "--trust-model", "always", "--weak-digest", "SHA1", "--status-fd", "1")
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": str(home)}
    ran = subprocess.run(
        [program, *alone, *strict, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    lines = ran.stdout.decode("utf-8", errors="replace").splitlines()
    return [line.removeprefix(STATUS) for line in lines]
