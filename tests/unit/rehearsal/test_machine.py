"""What is written to a machine's empty disk."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from orchestrator.rehearsal.machine import NewMachine, link_volume, unlink_volume, write_disk

ID = "0123456789abcdef0123456789abcdef"


def make(**changes: object) -> NewMachine:
    return NewMachine.model_validate({"name": "btc-1.1", "address": "10.213.0.2", "hostname": "btc-1-1"} | changes)


def test_user_data_reaches_cloud_init_as_it_is(tmp_path: Path) -> None:
    write_disk(tmp_path, make(user_data="#cloud-config\n{}\n", authorized_keys=("ssh-ed25519 A",)), ID)
    seed = tmp_path / "var/lib/cloud/seed/nocloud"
    assert (seed / "user-data").read_text() == "#cloud-config\n{}\n"
    metadata = json.loads((seed / "meta-data").read_text())
    assert metadata == {"instance-id": "btc-1.1", "local-hostname": "btc-1-1", "public-keys": ["ssh-ed25519 A"]}
    assert not (tmp_path / "root").exists()
    assert not (tmp_path / "etc/cloud/cloud-init.disabled").exists()


def test_an_enrolled_host_has_its_keys_from_the_start(tmp_path: Path) -> None:
    write_disk(tmp_path, make(authorized_keys=("ssh-ed25519 A", "ssh-ed25519 B"), host_key_private="KEY"), ID)
    keys, host_key = tmp_path / "root/.ssh/authorized_keys", tmp_path / "etc/ssh/ssh_host_ed25519_key"
    assert keys.read_text() == "ssh-ed25519 A\nssh-ed25519 B\n"
    assert host_key.read_text() == "KEY\n"
    assert {path.stat().st_mode & 0o777 for path in (keys, host_key)} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (keys.parent, tmp_path / "root")} == {0o700}
    assert (tmp_path / "etc/cloud/cloud-init.disabled").exists()
    assert (tmp_path / "etc/machine-id").read_text() == f"{ID}\n"


def test_a_host_key_comes_one_way_only() -> None:
    with pytest.raises(ValidationError, match="belongs into the user data"):
        make(user_data="#cloud-config\n", host_key_private="KEY")


def test_the_digest_tells_machines_apart_without_telling_secrets() -> None:
    digests = {
        make(**change).compute_digest() for change in ({}, {"host_key_private": "K"}, {"authorized_keys": ("k",)})
    }
    assert len(digests) == 3


def test_a_volume_has_the_clouds_own_name(tmp_path: Path) -> None:
    (tmp_path / "by-id").mkdir()
    for _ in range(2):
        link_volume(tmp_path, "1001", "scsi-0HC_Volume_1001")
    link_volume(tmp_path, "1002", "scsi-0HC_Volume_1002")
    link = tmp_path / "by-id/scsi-0HC_Volume_1001"
    assert str(link.readlink()) == "/run/rehearsal-volumes/1001"
    unlink_volume(tmp_path, "1001")
    assert [path.name for path in (tmp_path / "by-id").iterdir()] == ["scsi-0HC_Volume_1002"]
