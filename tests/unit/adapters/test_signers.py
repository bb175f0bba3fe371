"""Signers on machines: the scripts as a shell runs them, with a systemd that is a file of the test's own."""

import os
import subprocess
from pathlib import Path

import pytest

from orchestrator.adapters import signers
from orchestrator.adapters.signers import add_claim, look_at_signer, mark_disk, read_claims, start_signer
from orchestrator.adapters.ssh import CommandResult
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import InvalidDocument, RemoteFailure
from orchestrator.model.signer import SignerClaim, SignerLook

ENDPOINT = Endpoint(machine="eth-1.1", address="192.0.2.1", user="root")
CLIENT = "prysm-validator"
SYSTEMCTL = """#!/bin/sh
here=$(dirname "$0")
case "$1" in
  show) [ "$3" = LoadState ] && cat "$here/load-state" || cat "$here/folder" ;;
  cat) cat "$here/unit" ;;
  is-active) [ -e "$here/active" ] ;;
  start) touch "$here/active"; echo "$2" >> "$here/started" ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is a machine: its systemctl, and its client's data folder, which is not there yet."""
    program = tmp_path / "systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    (tmp_path / "load-state").write_text("loaded\n")
    (tmp_path / "folder").write_text(f"{tmp_path}/data of it\n")
    (tmp_path / "unit").write_text("[Unit]\n")
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    def run(_endpoint: Endpoint, _identity: Path, command: str) -> CommandResult:
        done = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=False)
        return CommandResult(done.returncode, done.stdout, done.stderr)

    monkeypatch.setattr(signers, "run_command", run)
    return tmp_path


def list_started(machine: Path) -> list[str]:
    return (machine / "started").read_text().split() if (machine / "started").exists() else []


def test_a_signer_is_marked_started_and_found_again(machine: Path) -> None:
    assert look_at_signer(ENDPOINT, machine, CLIENT) == SignerLook(active=False, mark=None)
    mark_disk(ENDPOINT, machine, CLIENT, "d1")
    assert look_at_signer(ENDPOINT, machine, CLIENT) == SignerLook(active=False, mark="d1")
    start_signer(ENDPOINT, machine, CLIENT, "d1")
    assert look_at_signer(ENDPOINT, machine, CLIENT) == SignerLook(active=True, mark="d1")
    assert list_started(machine) == ["prysm-validator.service"]


def test_a_mark_is_never_written_over(machine: Path) -> None:
    mark_disk(ENDPOINT, machine, CLIENT, "d1")
    with pytest.raises(RemoteFailure, match="has a mark already"):
        mark_disk(ENDPOINT, machine, CLIENT, "d2")
    assert look_at_signer(ENDPOINT, machine, CLIENT).mark == "d1"


@pytest.mark.parametrize("mark", [None, "d2"])
def test_on_another_disk_nothing_is_started(machine: Path, mark: str | None) -> None:
    if mark:
        mark_disk(ENDPOINT, machine, CLIENT, mark)
    with pytest.raises(RemoteFailure, match="not the disk that was claimed"):
        start_signer(ENDPOINT, machine, CLIENT, "d1")
    assert list_started(machine) == []


def test_a_machine_that_was_not_configured_says_so(machine: Path) -> None:
    (machine / "load-state").write_text("not-found\n")
    with pytest.raises(RemoteFailure, match=r"eth-1.1: prysm-validator: .* is not configured"):
        look_at_signer(ENDPOINT, machine, CLIENT)


def test_a_disk_is_not_marked_before_its_volume_is_mounted(machine: Path) -> None:
    (machine / "unit").write_text(f"[Unit]\nAssertPathIsMountPoint={machine}\n")
    with pytest.raises(RemoteFailure, match="is not mounted"):
        mark_disk(ENDPOINT, machine, CLIENT, "d1")


def test_claims_are_kept_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    assert read_claims(path) == ()
    second = SignerClaim(machine="eth-2.1", client=CLIENT, disk="d2")
    first = SignerClaim(machine="eth-1.1", client=CLIENT, disk="d1")
    for claim in (second, first, second):
        add_claim(path, claim)
    assert read_claims(path) == (first, second)
    assert len(path.read_text().splitlines()) == 4


@pytest.mark.parametrize("text", ["", "{}", '["x"]', '[{"machine": "a"}]', "<<<<<<< HEAD\n"])
def test_what_holds_no_claims_is_refused_and_not_written_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "claims.json"
    path.write_text(text)
    with pytest.raises(InvalidDocument, match="does not hold claims"):
        add_claim(path, SignerClaim(machine="eth-1.1", client=CLIENT, disk="d1"))
    assert path.read_text() == text
