"""Where Pulumi's state and secrets are, as Pulumi finds them, and what is said where they are not."""

import json
from pathlib import Path

import pytest

from orchestrator.adapters.pulumi_backend import (
    Backend,
    find_backend,
    find_named_backend,
    require_backend,
    require_passphrase,
    require_secrets,
)
from orchestrator.model.errors import RemoteFailure, ToolMissing

BUCKET = Backend("s3://states", "a test")
SERVICE = Backend("https://api.pulumi.com", "a test")
KMS = "awskms://alias/states?region=eu-central-1"
TOLD = {"PULUMI_CONFIG_PASSPHRASE": "x"}


def write_project(folder: Path, backend: str = "") -> Path:
    (folder / "Pulumi.yaml").write_text(f"name: x\nruntime: python\n{backend}")
    return folder


def write_stack(folder: Path, stack: str, text: str) -> None:
    (folder / f"Pulumi.{stack}.yaml").write_text(text)


def log_in(home: Path, url: str) -> dict[str, str]:
    home.mkdir()
    (home / "credentials.json").write_text(json.dumps({"current": url}))
    return {"PULUMI_HOME": str(home)}


def test_the_variable_goes_before_the_project_and_that_before_the_login(tmp_path: Path) -> None:
    login = log_in(tmp_path / "home", "gs://of-the-login")
    folder = write_project(tmp_path, "backend: {url: azblob://of-the-project}\n")
    told = {**login, "PULUMI_BACKEND_URL": "s3://of-the-variable", "PULUMI_ACCESS_TOKEN": "x"}
    assert find_backend(folder, told) == Backend("s3://of-the-variable", "PULUMI_BACKEND_URL")
    assert find_backend(folder, login) == Backend("azblob://of-the-project", str(folder / "Pulumi.yaml"))
    write_project(tmp_path)
    assert find_backend(folder, login) == Backend("gs://of-the-login", "pulumi login")
    assert find_named_backend(folder, login) is None


def test_a_token_alone_means_the_service(tmp_path: Path) -> None:
    told = {"PULUMI_HOME": str(tmp_path), "PULUMI_ACCESS_TOKEN": "x"}
    found = find_backend(write_project(tmp_path), told)
    assert found == Backend("https://api.pulumi.com", "PULUMI_ACCESS_TOKEN")
    assert found.keeps_secrets


@pytest.mark.parametrize("credentials", [None, "", "{", "[]", '{"current": ""}', "{}"])
def test_logged_out_is_one_sentence(tmp_path: Path, credentials: str | None) -> None:
    if credentials is not None:
        (tmp_path / "credentials.json").write_text(credentials)
    with pytest.raises(ToolMissing, match="none is set") as raised:
        require_backend(write_project(tmp_path), {"PULUMI_HOME": str(tmp_path)})
    assert "control.state.url" in raised.value.hint


def test_a_new_stack_in_a_bucket_needs_a_passphrase(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="passphrase that encrypts"):
        require_secrets(tmp_path, BUCKET, ["alpha"], None, {})
    require_secrets(tmp_path, BUCKET, ["alpha"], None, TOLD)
    require_secrets(tmp_path, BUCKET, ["alpha"], None, {"PULUMI_CONFIG_PASSPHRASE": ""})


def test_a_kms_or_the_service_needs_none(tmp_path: Path) -> None:
    require_secrets(tmp_path, BUCKET, ["alpha"], KMS, {})
    require_secrets(tmp_path, SERVICE, ["alpha"], None, {})
    write_stack(tmp_path, "alpha", f"secretsprovider: {KMS}\nencryptedkey: AQ==\n")
    require_secrets(tmp_path, BUCKET, ["alpha"], None, {})


def test_one_stack_by_passphrase_is_enough_to_need_it(tmp_path: Path) -> None:
    write_stack(tmp_path, "alpha", f"secretsprovider: {KMS}\n")
    write_stack(tmp_path, "beta", "encryptionsalt: v1:abc\n")
    with pytest.raises(ToolMissing):
        require_secrets(tmp_path, BUCKET, ["alpha", "beta"], None, {})
    with pytest.raises(ToolMissing):
        require_secrets(tmp_path, SERVICE, ["beta"], "passphrase", {})


def test_a_stack_that_others_encrypt_is_refused(tmp_path: Path) -> None:
    write_stack(tmp_path, "alpha", "encryptionsalt: v1:abc\n")
    with pytest.raises(RemoteFailure, match="stack alpha is encrypted by passphrase") as raised:
        require_secrets(tmp_path, BUCKET, ["alpha"], KMS, TOLD)
    assert "change-secrets-provider" in raised.value.hint
    require_secrets(tmp_path, BUCKET, ["alpha"], "default", TOLD)


def test_a_stack_file_that_the_controller_wrote_beforehand_says_nothing(tmp_path: Path) -> None:
    write_stack(tmp_path, "alpha", "config: {orchestrator:spec: fleet.yaml}\n")
    require_secrets(tmp_path, BUCKET, ["alpha"], KMS, {})


def test_the_passphrases_file_must_be_readable(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    with pytest.raises(ToolMissing, match="cannot be read"):
        require_passphrase({"PULUMI_CONFIG_PASSPHRASE_FILE": str(path)})
    path.write_text("x")
    require_passphrase({"PULUMI_CONFIG_PASSPHRASE_FILE": str(path)})
