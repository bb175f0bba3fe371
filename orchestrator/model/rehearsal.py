"""What a rehearsal is told, and what it answers: the words between the orchestrator and the rehearsal program."""

import re
from pathlib import Path

from orchestrator.model.base import Frozen
from orchestrator.model.failure_domain import DomainKind
from orchestrator.model.fleet import StackLayout


def is_world_id(text: str) -> bool:
    """Whether the text has the form of a world's id: it becomes a part of paths, and must not lead out of them."""
    return bool(re.fullmatch(r"[0-9a-f]{8}", text))


class RehearsedHost(Frozen):
    """An enrolled host that a plain rehearsal machine stands for, and the failure domains it is in."""

    name: str
    domains: dict[DomainKind, str]


class RehearsedAccount(Frozen):
    """An account to rehearse; `hosts` for accounts of provider ssh."""

    name: str
    provider: str
    hosts: tuple[RehearsedHost, ...] = ()


class RehearsalRequest(Frozen):
    """A fleet to rehearse. The paths are absolute."""

    fleet: str
    spec: Path
    lock: Path
    accounts: tuple[RehearsedAccount, ...]
    layout: StackLayout = "accounts"


class Rehearsal(Frozen):
    """A rehearsal that is ready: its folder (a Pulumi project), the engine's environment, the operator's SSH key."""

    folder: Path
    environment: dict[str, str]
    identity: Path
