"""The base image: what goes wrong while the role is applied is said in the failed task's words."""

from typing import Any

import pytest

from orchestrator.adapters import ansible
from orchestrator.adapters.ansible import HostOutcome
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import RemoteFailure
from orchestrator.rehearsal.image import apply_base
from orchestrator.rehearsal.world import World

BUILDER = Endpoint(machine="image", address="192.0.2.1", host_keys=("ssh-ed25519 AAAA",))


@pytest.mark.parametrize("status", ["failed", "unreachable"])
def test_a_role_that_fails_says_why(status: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = HostOutcome("image", status, error="packages: no space left")
    monkeypatch.setattr(ansible, "prepare_image", lambda *_: outcome)
    with pytest.raises(RemoteFailure, match="cannot be prepared: packages: no space left"):
        apply_base(world, BUILDER)
