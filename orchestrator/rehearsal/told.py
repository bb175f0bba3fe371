"""What each rehearsed resource was last given, so that an import is told as a cloud's own provider tells it.

A provider gives back the inputs that lead to a resource, and not what the cloud chose by itself. What a cloud never
tells again is left out.
"""

import json
from pathlib import Path
from urllib.parse import quote

from orchestrator.rehearsal.cloud import Properties
from orchestrator.rehearsal.stored import write_text
from orchestrator.rehearsal.world import World

NOT_TOLD = frozenset({"userData", "userDataBase64"})


class Told:
    """The inputs of one account's resources: a file each, by type and id."""

    def __init__(self, world: World, account: str) -> None:
        self._folder = world.folder / "told" / account

    def remember(self, kind: str, identifier: str, inputs: Properties) -> None:
        """Keeps what a resource was made or changed with."""
        path = self._find(kind, identifier)
        path.parent.mkdir(parents=True, exist_ok=True)
        told = {name: value for name, value in inputs.items() if name not in NOT_TOLD}
        write_text(path, json.dumps(told, sort_keys=True))

    def recall(self, kind: str, identifier: str) -> Properties | None:
        """What the resource was last given; None where nobody was told, as after a create that was cut short."""
        try:
            found: Properties = json.loads(self._find(kind, identifier).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def forget(self, kind: str, identifier: str) -> None:
        """Forgets a resource that is no more."""
        self._find(kind, identifier).unlink(missing_ok=True)

    def _find(self, kind: str, identifier: str) -> Path:
        return self._folder / quote(kind, safe="") / f"{quote(identifier, safe='')}.json"
