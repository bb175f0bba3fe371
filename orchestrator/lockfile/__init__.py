"""fleet.lock: the only reader and writer."""

from orchestrator.lockfile.read import parse_lock, read_lock
from orchestrator.lockfile.revision import compute_revision, make_lock
from orchestrator.lockfile.write import render_lock, write_lock

__all__ = ["compute_revision", "make_lock", "parse_lock", "read_lock", "render_lock", "write_lock"]
