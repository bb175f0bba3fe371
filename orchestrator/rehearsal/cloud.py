"""A rehearsed cloud account: what the provider would remember of it, kept as files that outlive every process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from orchestrator.adapters.whole_folder import hold_file_lock
from orchestrator.rehearsal.stored import write_text

Properties = dict[str, Any]

FIRST_ID = 1001


class Refusal(Exception):
    """The cloud says no. `code` is the provider's own word for the reason."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code


class Unreachable(Exception):
    """The cloud's API does not answer."""


class CloudAccount:
    """The resources of one account: a folder a kind, a JSON file a resource, named by its quoted id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def change(self) -> Iterator[None]:
        """Holds the account while something is looked up and then written, so that no two take one name."""
        with hold_file_lock(self._folder / ".lock"):
            yield

    def list_resources(self, kind: str) -> dict[str, Properties]:
        """All resources of a kind, by id; ids that were given out later come later."""
        paths = sorted((self._folder / kind).glob("*.json"), key=lambda path: (len(path.stem), path.stem))
        return {unquote(path.stem): json.loads(path.read_text(encoding="utf-8")) for path in paths}

    def find_resource(self, kind: str, identifier: str) -> Properties | None:
        """The resource, or None where there is none."""
        path = self._folder / kind / f"{quote(identifier, safe='')}.json"
        try:
            found: Properties = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def put_resource(self, kind: str, identifier: str, properties: Properties) -> None:
        """Writes the resource whole."""
        path = self._folder / kind / f"{quote(identifier, safe='')}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(properties, indent=1, sort_keys=True))

    def remove_resource(self, kind: str, identifier: str) -> None:
        """Forgets the resource."""
        (self._folder / kind / f"{quote(identifier, safe='')}.json").unlink(missing_ok=True)

    def take_id(self) -> str:
        """A numeric id that no resource of any account had before, as clouds give them out."""
        counter = self._folder.parent / "last-id"
        with hold_file_lock(self._folder.parent / ".last-id.lock"):
            number = int(counter.read_text(encoding="utf-8")) + 1 if counter.exists() else FIRST_ID
            write_text(counter, str(number))
        return str(number)
