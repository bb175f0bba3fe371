"""A rehearsal's own Pulumi project: the production program, with a plug-in of ours in place of the clouds' own.

Nothing here is shared with production: project file, backend, plug-in folder, passphrase and credentials are the
world's, and the committed Pulumi.yaml names no plug-in.
"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from orchestrator.adapters.pulumi_toolchain import PYTHON_VARIABLE
from orchestrator.folders import find_asset
from orchestrator.model.fleet import FLEET_STACK
from orchestrator.model.rehearsal import RehearsalRequest, RehearsedAccount
from orchestrator.rehearsal.providers import PROVIDERS, Provider, name_credential
from orchestrator.rehearsal.stored import write_text
from orchestrator.rehearsal.world import World

PROJECT_NAME = "node-orchestrator-rehearsal"
ACCESS_FILE = "access.json"

# Nothing of the operator's may reach a rehearsal: with these set, a mistake of ours could reach a real account. These
# are what the plug-ins and SDKs of the clouds read, by their references.
CREDENTIALS = (
    "HCLOUD_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_CLOUD_KEYFILE_JSON",
    "GCLOUD_KEYFILE_JSON",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CREDENTIALS_PATH",
    "SSH_AUTH_SOCK",
)
# Where these are empty, an SDK looks in the home folder: ~/.aws, ~/.config/gcloud. So they name a file without any.
CREDENTIAL_FILES = ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "GOOGLE_APPLICATION_CREDENTIALS")
# On a machine of AWS there is a role to be had without any file.
NO_ROLE = {"AWS_EC2_METADATA_DISABLED": "true"}


def write_project(world: World, request: RehearsalRequest) -> None:
    """Writes the project file, each account's stack configuration and the plug-in's launcher, where they differ."""
    plugins = [
        {"name": provider.package, "path": str(write_plugin(provider, world))} for provider in PROVIDERS.values()
    ]
    project = {
        "name": PROJECT_NAME,
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}},
        "main": str(find_asset("stacks")),
        "plugins": {"providers": plugins},
        "backend": {"url": f"file://{world.folder / 'state'}"},
    }
    (world.folder / "state").mkdir(exist_ok=True)
    write_if_changed(world.folder / "Pulumi.yaml", project)
    for stack, config in list_stack_configs(request).items():
        path = world.folder / f"Pulumi.{stack}.yaml"
        # The engine adds its own lines afterwards; killed while it does, it leaves nothing.
        if not path.exists() or not path.stat().st_size:
            write_if_changed(path, {"config": config})


def list_stack_configs(request: RehearsalRequest) -> dict[str, dict[str, str]]:
    """Each stack's configuration: where spec and lock are, and its accounts' credentials."""
    files = {
        "orchestrator:spec": str(request.spec),
        "orchestrator:lock": str(request.lock),
        "orchestrator:access": ACCESS_FILE,
    }
    if request.layout == "accounts":
        return {account.name: files | list_credentials(account, None) for account in request.accounts}
    own = [list_credentials(account, account.name) for account in request.accounts]
    return {FLEET_STACK: files | {key: value for credentials in own for key, value in credentials.items()}}


def list_credentials(account: RehearsedAccount, namespace: str | None) -> dict[str, str]:
    """The account's credential, under `namespace` or else its cloud's own; none for enrolled hosts."""
    provider = PROVIDERS.get(account.provider)
    if provider is None:
        return {}
    return {f"{namespace or provider.package}:{provider.credential}": name_credential(account.name)}


def write_plugin(provider: Provider, world: World) -> Path:
    """The folder of the executable that the engine starts as the provider's plug-in."""
    folder = world.folder / "plugins" / provider.package
    command = [sys.executable, "-m", "orchestrator.rehearsal.plugin", "--provider", provider.name, "--world", world.id]
    folder.mkdir(parents=True, exist_ok=True)
    write_text(
        folder / f"pulumi-resource-{provider.package}", f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', mode=0o700
    )
    return folder


def write_if_changed(path: Path, content: Any) -> None:
    """Writes `content` as JSON, which is YAML too, where the file says something else."""
    text = json.dumps(content, indent=2) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


def ensure_operator_key(world: World) -> Path:
    """The operator's SSH key in this rehearsal, made once."""
    path = world.folder / "operator_ed25519"
    if not path.with_name("operator_ed25519.pub").exists():
        path.unlink(missing_ok=True)
        make_ssh_key(path, "rehearsal operator")
    return path


def make_ssh_key(path: Path, comment: str) -> None:
    """A new ed25519 key pair at `path` and `path`.pub."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def list_environment(world: World) -> dict[str, str]:
    """What the engine is told: the world's backend and home, a passphrase that protects nothing, no credentials."""
    return {
        "PULUMI_BACKEND_URL": f"file://{world.folder / 'state'}",
        "PULUMI_HOME": str(world.folder / "pulumi-home"),
        "PULUMI_CONFIG_PASSPHRASE": "rehearsal",
        PYTHON_VARIABLE: sys.executable,
        "ORCHESTRATOR_SSH_IDENTITY": str(world.folder / "operator_ed25519"),
        **dict.fromkeys(CREDENTIALS, ""),
        **dict.fromkeys(CREDENTIAL_FILES, os.devnull),
        **NO_ROLE,
    }
