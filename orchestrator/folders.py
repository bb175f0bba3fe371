"""Where things lie: the project's own data folders, its cache and its state (XDG), the operator's SSH key."""

import os
from pathlib import Path

APPLICATION = "node-orchestrator"
IDENTITY_VARIABLE = "ORCHESTRATOR_SSH_IDENTITY"
PACKAGE = Path(__file__).resolve().parent


def find_asset(name: str) -> Path:
    """The project's data folder `name` ("ansible", "stacks"): inside an installed package, else of the checkout."""
    installed = PACKAGE / "_assets" / name
    return installed if installed.is_dir() else PACKAGE.parent / name


def find_identity() -> Path:
    """The operator's private SSH key: the variable says which, else OpenSSH's usual place."""
    return Path(os.environ.get(IDENTITY_VARIABLE) or Path.home() / ".ssh" / "id_ed25519")


def find_cache_folder() -> Path:
    """What can be made again at any time: tool chain, base image, artifacts."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / APPLICATION


def find_state_folder() -> Path:
    """What must outlive a command: rehearsal worlds, leases."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / APPLICATION
