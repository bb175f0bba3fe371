"""Fetches the vendor's Pulumi release. To be filled in."""

from pathlib import Path

from orchestrator.model.errors import RemoteFailure


def fetch_release(target: Path) -> None:
    """Not yet: says so."""
    raise RemoteFailure("not implemented yet")
