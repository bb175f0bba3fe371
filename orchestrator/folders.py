"""Where things lie: the project's own data folders, its cache and its state (XDG base directories)."""

import os
from pathlib import Path

APPLICATION = "node-orchestrator"
PACKAGE = Path(__file__).resolve().parent


def find_asset(name: str) -> Path:
    """The project's data folder `name` ("ansible", "stacks"): inside an installed package, else of the checkout."""
    installed = PACKAGE / "_assets" / name
    return installed if installed.is_dir() else PACKAGE.parent / name


def find_cache_folder() -> Path:
    """What can be made again at any time: tool chain, base image, artifacts."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / APPLICATION


def find_state_folder() -> Path:
    """What must outlive a command: rehearsal worlds, leases."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / APPLICATION
