"""Recovery of a lost state: the lock's machines are declared as ever, and what the cloud has of them is imported.

The cloud is searched as after an interrupted create (survey.py). A transform of every resource looks up its id, once
its inputs are known, and hands it to the engine to import; properties are taken as the cloud has them, so that nothing
is changed there. The controller prevents that what is not found is made.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from survey import Again, ById, ByName, Found, Search, find_id

from orchestrator.model.lock import Machine

# A folder: the controller writes there what turned out not to be there, the program how each type is looked for.
FOLDER_VARIABLE = "ORCHESTRATOR_RECOVERY"
ABSENT_FILE = "absent.json"
WAYS_FILE = "ways.json"
UNFINISHED = "recovering"  # set in the stack's configuration while a recovery is under way
ALL_PROPERTIES = ["*"]


def is_recovery_asked() -> bool:
    """Whether this run is to import what the lock declares."""
    return bool(os.environ.get(FOLDER_VARIABLE))


class Recovery:
    """One run in which resources are imported; or none, where the controller does not ask for it."""

    def __init__(self) -> None:
        folder = os.environ.get(FOLDER_VARIABLE)
        self._folder = Path(folder) if folder else None
        self._ways: dict[str, str] = {}
        if self._folder is None and pulumi.Config("orchestrator").get(UNFINISHED):
            raise pulumi.RunError("the recovery of this stack's state is not finished: run orchestrator recover again")

    def take(
        self,
        search: Search,
        provider: pulumi.ProviderResource | None,
        labelled: Iterable[Found],
        silence: str | None,
        existing: Mapping[str, str],
    ) -> None:
        """Has what is declared from here on with the provider imported, as far as it is among what its account has.

        `existing` are ids, by the resource's name, of what carries no label of the fleet yet. `silence` is why the
        account did not say what it has; then nothing of it can be recovered: RunError.
        """
        if self._folder is None:
            return
        if silence is not None:
            raise pulumi.RunError(f"what the account has cannot be looked up: {silence}")
        self._ways |= {kind: type(way).__name__ for kind, way in search.types.items()}
        if provider is not None:
            absent = frozenset(json.loads((self._folder / ABSENT_FILE).read_text(encoding="utf-8")))
            register_import(Known(search, tuple(labelled), existing, absent), provider)

    def write(self) -> None:
        """Writes how each type of resource is looked for."""
        if self._folder is None:
            return
        draft = self._folder / f".{WAYS_FILE}"
        draft.write_text(json.dumps(self._ways), encoding="utf-8")
        draft.replace(self._folder / WAYS_FILE)


@dataclass(frozen=True)
class Known:
    """What is known of an account: what carries the fleet's labels, what exists without, what turned out absent."""

    search: Search
    labelled: tuple[Found, ...]
    existing: Mapping[str, str]
    absent: frozenset[str]

    def find(self, kind: str, name: str, inputs: Mapping[str, Any]) -> str | None:
        """The id of a resource of the program; None where it is not there, or follows from an id that is not known."""
        way = self.search.types.get(kind)
        if way is None or f"{kind}::{name}" in self.absent:
            return None
        return self.existing.get(name) or find_known_id(way, kind, inputs, self.labelled)


def list_existing(machines: Iterable[Machine]) -> dict[str, str]:
    """The ids of what was there before the fleet, by the names that every provider module gives to these parts."""
    return {
        machine.hostname if part == "machine" else f"{machine.hostname}-{part}": identifier
        for machine in machines
        for part, identifier in (machine.existing or {}).items()
    }


def register_import(known: Known, provider: pulumi.ProviderResource) -> None:
    """Gives every resource of the provider, declared from here on, the id that it has in the cloud."""

    async def add_import(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        identifier = known.find(args.type_, args.name, args.props)
        if identifier is None or not await is_of(args.opts, provider):
            return None
        options = pulumi.ResourceOptions(import_=identifier, ignore_changes=ALL_PROPERTIES)
        return pulumi.ResourceTransformResult(args.props, pulumi.ResourceOptions.merge(args.opts, options))

    pulumi.runtime.register_resource_transform(add_import)


async def is_of(options: pulumi.ResourceOptions, provider: pulumi.ProviderResource) -> bool:
    """Whether a resource with these options is the provider's."""
    return options.provider is not None and await options.provider.urn.future() == await provider.urn.future()


def find_known_id(
    way: ByName | ById | Again, kind: str, inputs: Mapping[str, Any], labelled: Iterable[Found]
) -> str | None:
    """The id of a resource; None where it is not there, or follows from an id that is not known."""
    try:
        return find_id(way, {"type": kind, "inputs": inputs}, labelled)
    except (KeyError, TypeError, ValueError):
        return None
