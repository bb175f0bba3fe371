"""The stack's settings (pulumi config orchestrator:…), read once."""

import json
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pulumi


class Scope(StrEnum):
    """How much of the account the program declares, and what it protects: the steps in which a fleet is taken down."""

    ALL = "all"  # machines and data, both protected
    RELEASE_MACHINES = "release-machines"  # machines and data, the machines no longer protected
    DATA = "data"  # the data alone
    RELEASE_ALL = "release-all"  # machines and data, nothing protected
    RELEASE_DATA = "release-data"  # the data alone, no longer protected: the machines are gone already

    @property
    def declares_machines(self) -> bool:
        """Whether machines are declared at all."""
        return self not in (Scope.DATA, Scope.RELEASE_DATA)

    @property
    def protects_machines(self) -> bool:
        """Whether machines are protected against deletion."""
        return self is Scope.ALL

    @property
    def protects_data(self) -> bool:
        """Whether data volumes are protected against deletion."""
        return self not in (Scope.RELEASE_ALL, Scope.RELEASE_DATA)


@dataclass(frozen=True)
class Settings:
    """What the program is told: the spec, how much to declare, the seed of the single-use host keys.

    `access` replaces the spec's access section and the addresses of enrolled hosts; rehearsals use it, since their
    machines are reached in another way than those that they stand for.
    """

    spec: Path
    lock: Path
    scope: Scope
    host_key_seed: pulumi.Output[str]
    access: dict[str, Any]


def read_settings() -> Settings:
    """The settings of the current stack; RunError that says what to set where something is missing."""
    config = pulumi.Config("orchestrator")
    root = Path(pulumi.get_root_directory())
    seed = config.get_secret("hostKeySeed")
    if seed is None:
        raise pulumi.RunError(
            "orchestrator:hostKeySeed is not set: run orchestrator up once, or "
            "openssl rand -hex 32 | pulumi config set --secret orchestrator:hostKeySeed"
        )
    access = config.get("access")
    spec = root / (os.environ.get("ORCHESTRATOR_SPEC") or config.get("spec") or "fleet.yaml")
    return Settings(
        spec=spec,
        lock=root / (os.environ.get("ORCHESTRATOR_LOCK") or config.get("lock") or spec.with_name("fleet.lock")),
        scope=Scope(os.environ.get("ORCHESTRATOR_SCOPE", Scope.ALL)),
        host_key_seed=seed,
        access=json.loads((root / access).read_text(encoding="utf-8")) if access else {},
    )
