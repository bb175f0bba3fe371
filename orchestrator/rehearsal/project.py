"""A rehearsal's own Pulumi project: the production program, with a plug-in of ours in place of the clouds' own.

Nothing here is shared with production: project file, backend, plug-in folder, passphrase and credentials are the
world's, and the committed Pulumi.yaml names no plug-in.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from orchestrator.folders import find_asset
from orchestrator.model.rehearsal import RehearsalRequest, RehearsedAccount
from orchestrator.rehearsal.plugin import TOKEN_PREFIX
from orchestrator.rehearsal.stored import write_text
from orchestrator.rehearsal.world import World

PROJECT_NAME = "node-orchestrator-rehearsal"
ACCESS_FILE = "access.json"

# Nothing of the operator's may reach a rehearsal: with these set, a mistake of ours could reach a real account.
CREDENTIALS = (
    "HCLOUD_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "PULUMI_ACCESS_TOKEN",
    "SSH_AUTH_SOCK",
)


def write_project(world: World, request: RehearsalRequest) -> None:
    """Writes the project file, each account's stack configuration and the plug-in's launcher, where they differ."""
    plugin = world.folder / "plugins" / "hcloud"
    write_launcher(plugin / "pulumi-resource-hcloud", world)
    project = {
        "name": PROJECT_NAME,
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}},
        "main": str(find_asset("stacks")),
        "plugins": {"providers": [{"name": "hcloud", "path": str(plugin)}]},
        "backend": {"url": f"file://{world.folder / 'state'}"},
    }
    (world.folder / "state").mkdir(exist_ok=True)
    write_if_changed(world.folder / "Pulumi.yaml", project)
    for account in request.accounts:
        path = world.folder / f"Pulumi.{account.name}.yaml"
        if not path.exists():  # the engine adds its own lines afterwards
            write_if_changed(path, {"config": list_config(request, account)})


def list_config(request: RehearsalRequest, account: RehearsedAccount) -> dict[str, str]:
    """The account's stack configuration."""
    config = {
        "orchestrator:spec": str(request.spec),
        "orchestrator:lock": str(request.lock),
        "orchestrator:access": ACCESS_FILE,
    }
    return config | ({"hcloud:token": f"{TOKEN_PREFIX}{account.name}"} if account.provider == "hetzner" else {})


def write_launcher(path: Path, world: World) -> None:
    """The executable that the engine starts as the provider's plug-in."""
    command = shlex.join([sys.executable, "-m", "orchestrator.rehearsal.plugin", "--world", world.id])
    text = f'#!/bin/sh\nexec {command} "$@"\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text, mode=0o700)


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
        "ORCHESTRATOR_SSH_IDENTITY": str(world.folder / "operator_ed25519"),
        **dict.fromkeys(CREDENTIALS, ""),
    }
