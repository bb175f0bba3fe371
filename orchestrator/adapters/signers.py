"""Signing clients on their machines, and the claims that say on which disk each was started: a file beside the lock.

The mark of a disk lies in the client's data folder, beside its slashing-protection database.
"""

import json
import shlex
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter, ValidationError

from orchestrator.adapters.ssh import run_command
from orchestrator.documents.text_file import invalid, read_text, write_text
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import RemoteFailure
from orchestrator.model.signer import SignerClaim, SignerLook

CLAIMS = TypeAdapter(tuple[SignerClaim, ...])
MARK = ".orchestrator-signer"
_WRITING = Lock()

# $unit and $mark are set before; what cannot be done ends the script with a sentence on stderr.
FIND = """\
set -eu
fail() { echo "$1" >&2; exit 1; }
[ "$(systemctl show -p LoadState --value "$unit")" = loaded ] || fail "$unit is not configured"
folder=$(systemctl show -p WorkingDirectory --value "$unit")
root=$(systemctl cat "$unit" | sed -n 's/^AssertPathIsMountPoint=//p' | tail -n 1)
[ -z "$root" ] || mountpoint -q "$root" || fail "the data volume of $unit is not mounted at $root"
"""
LOOK = """\
systemctl is-active -q "$unit" && echo active || echo inactive
[ ! -e "$folder/$mark" ] || cat "$folder/$mark"
"""
CLAIM = """\
mkdir -p "$folder"
(set -C; echo "$disk" > "$folder/$mark") || fail "$folder has a mark already"
sync "$folder/$mark" "$folder"
"""
START = """\
[ "$(cat "$folder/$mark")" = "$disk" ] || fail "$folder is not the disk that was claimed"
systemctl start "$unit"
"""


def read_claims(path: Path) -> tuple[SignerClaim, ...]:
    """All claims that were made; InvalidDocument where the file is not what this module writes."""
    if not path.exists():
        return ()
    try:
        return CLAIMS.validate_json(read_text(path))
    except ValidationError:
        hint = "restore it from version control; without it no signer can be started again safely"
        raise invalid(path, "does not hold claims of signers", hint) from None


def add_claim(path: Path, claim: SignerClaim) -> None:
    """Keeps a claim, on disk before this returns."""
    with _WRITING:
        write_claims(path, {*read_claims(path), claim})


def write_claims(path: Path, claims: Iterable[SignerClaim]) -> None:
    """Writes the file whole, a claim a line, so that reviews and merges see single claims."""
    ordered = sorted(claims, key=lambda claim: (claim.machine, claim.client, claim.disk))
    lines = ",\n".join(f"  {json.dumps(claim.model_dump())}" for claim in ordered)
    write_text(path, f"[\n{lines}\n]\n")


def look_at_signer(endpoint: Endpoint, identity: Path, client: str) -> SignerLook:
    """Whether the client runs, and the mark on its disk; RemoteFailure where the machine cannot tell."""
    state, *mark = run_script(endpoint, identity, client, LOOK).split()
    return SignerLook(active=state == "active", mark=mark[0] if mark else None)


def mark_disk(endpoint: Endpoint, identity: Path, client: str, disk: str) -> None:
    """Marks the disk, on disk before this returns; RemoteFailure where it has a mark already."""
    run_script(endpoint, identity, client, CLAIM, disk)


def start_signer(endpoint: Endpoint, identity: Path, client: str, disk: str) -> None:
    """Starts the client, if its disk still carries that mark; RemoteFailure where it does not."""
    run_script(endpoint, identity, client, START, disk)


def run_script(endpoint: Endpoint, identity: Path, client: str, script: str, disk: str = "") -> str:
    """What a script prints on the machine; RemoteFailure with its last words where it fails."""
    values = {"unit": f"{client}.service", "mark": MARK, "disk": disk}
    settings = "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    done = run_command(endpoint, identity, settings + FIND + script)
    if done.exit_code != 0:
        raise RemoteFailure(f"{endpoint.machine}: {client}: {done.stderr.strip().rpartition(chr(10))[2]}")
    return done.stdout
