"""What the cloud has of a fleet, asked through the provider's own plug-in: how creates that were cut short are found.

An engine that dies while a cloud creates leaves a pending operation in its state: the inputs, and no id. Names, labels
and tags follow from the lock alone, so the next run can look. Each provider module exports a `SEARCH`: one function
that lists all that carries the fleet's labels, and for each type of resource that the module declares one of

- `ByName(get_name)`: found among what is listed, by type and name; `get_name` takes the name from the create's inputs;
- `ById(build_id)`: the id follows from the inputs; whether it is there shows when the engine then reads it;
- `Again()`: to make it again is harmless, so nothing is looked for.

Ids that are answered are those that `pulumi import` takes. The functions called are the SDK's own (hcloud.get_servers,
…): the same plug-in, credentials and account as the update's, in rehearsal and in production.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import pulumi

# A folder: the controller writes what was interrupted there, the program what it found.
FOLDER_VARIABLE = "ORCHESTRATOR_SURVEY"
INTERRUPTED_FILE = "interrupted.json"
FOUND_FILE = "found.json"

Inputs = Mapping[str, Any]  # of the resource, as the engine recorded them: camelCase names, numbers may be floats


@dataclass(frozen=True)
class Area:
    """Where is looked, and for whose: one account's regions in use, and the fleet that things are labelled with."""

    fleet: str
    account: str
    regions: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A resource that the account has and that carries the fleet's labels.

    `id` is the one that the engine's state has; `import_id` is what `pulumi import` takes where that is another.
    """

    type: str
    id: str
    name: str
    import_id: str | None = None

    def describe(self) -> dict[str, str]:
        """As the controller reads it, who holds it against the state."""
        return {"type": self.type, "id": self.id, "name": self.name}


@dataclass(frozen=True)
class ByName:
    """Listed by its labels, told apart by its name."""

    get_name: Callable[[Inputs], str] = itemgetter("name")


@dataclass(frozen=True)
class ById:
    """Known by an id that follows from its inputs."""

    build_id: Callable[[Inputs], str]


@dataclass(frozen=True)
class Again:
    """Made again without harm."""


@dataclass(frozen=True)
class Search:
    """How one provider is searched: all that carries the fleet's labels, and each type's own way, by type token."""

    list_labelled: Callable[[Area, pulumi.InvokeOptions | None], Iterable[Found]]
    types: Mapping[str, ByName | ById | Again]


class Survey:
    """One run's answer, gathered account by account; nothing is asked of any cloud unless the controller wants it."""

    def __init__(self) -> None:
        folder = os.environ.get(FOLDER_VARIABLE)
        self._folder = Path(folder) if folder else None
        self._labelled: list[dict[str, str]] = []
        self._ids: dict[str, str | None] = {}
        self.silent: dict[str, str] = {}  # why, by account

    def take(self, search: Search, area: Area, provider: pulumi.ProviderResource | None) -> list[Found]:
        """Asks one account's cloud what it has, and under which id each of its interrupted creates stands.

        What it has is the answer; nothing where it was not asked, or was silent.
        A create that is not there has the id null; one of a type that nobody knows how to find is left out. RunError
        where the cloud does not answer and something of the account was interrupted. Where nothing was, the reason is
        noted: an account whose API is lost, and whose machines are to be left alone, can still be declared.
        """
        if self._folder is None:
            return []
        creates = [
            create for create in self._read_interrupted() if is_of_account(create, search, area.account, provider)
        ]
        options = None if provider is None else pulumi.InvokeOptions(provider=provider)
        try:
            labelled = list(search.list_labelled(area, options))
        except Exception as error:  # noqa: BLE001  # the SDKs raise a bare Exception with the plug-in's words
            if creates:
                raise pulumi.RunError(f"what an interrupted run made cannot be looked up: {error}") from None
            self.silent[area.account] = str(error)
            return []
        self._labelled += [{"account": area.account, **found.describe()} for found in labelled]
        self._ids |= {create["urn"]: find_id(search.types[create["type"]], create, labelled) for create in creates}
        return labelled

    def write(self) -> None:
        """Writes the answer beside the question, whole or not at all."""
        if self._folder is None:
            return
        labelled = sorted(self._labelled, key=lambda found: (found["account"], found["type"], found["name"]))
        draft = self._folder / f".{FOUND_FILE}"
        draft.write_text(json.dumps({"labelled": labelled, "ids": self._ids, "silent": self.silent}), encoding="utf-8")
        draft.replace(self._folder / FOUND_FILE)

    def _read_interrupted(self) -> list[dict[str, Any]]:
        if self._folder is None:
            return []
        creates: list[dict[str, Any]] = json.loads((self._folder / INTERRUPTED_FILE).read_text(encoding="utf-8"))
        return creates


def is_of_account(
    create: Mapping[str, Any], search: Search, account: str, provider: pulumi.ProviderResource | None
) -> bool:
    """Whether an interrupted create is the account's: of one of its types, and by its own provider where it has one."""
    return create["type"] in search.types and (provider is None or create["provider"] == account)


def find_id(way: ByName | ById | Again, create: Mapping[str, Any], labelled: Iterable[Found]) -> str | None:
    """The import id under which an interrupted create stands in the cloud, or may stand; None where it does not."""
    if isinstance(way, Again):
        return None
    if isinstance(way, ById):
        return way.build_id(create["inputs"])
    wanted = (create["type"], way.get_name(create["inputs"]))
    return next((found.import_id or found.id for found in labelled if (found.type, found.name) == wanted), None)
