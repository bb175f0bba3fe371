"""Recovery of a lost state: the lock's machines are declared as ever, and what the cloud has of them is imported.

The cloud is searched as after an interrupted create (survey.py). A transform of every resource looks up its id, once
its inputs are known, and hands it to the engine to import; properties are taken as the cloud has them, so that nothing
is changed there. The controller prevents that what is not found is made.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pulumi
from survey import Again, ById, ByName, Found, Search, find_id

# A folder: the controller writes there what turned out not to be there, the program how each type is looked for.
FOLDER_VARIABLE = "ORCHESTRATOR_RECOVERY"
ABSENT_FILE = "absent.json"
WAYS_FILE = "ways.json"
UNFINISHED = "recovering"  # set in the stack's configuration while a recovery is under way
ALL_PROPERTIES = ["*"]


class Recovery:
    """One run in which resources are imported; or none, where the controller does not ask for it."""

def is_recovery_asked() -> bool:
    """Whether this run is to import what the lock declares."""
    return bool(os.environ.get(FOLDER_VARIABLE))


    def __init__(self) -> None:
        folder = os.environ.get(FOLDER_VARIABLE)
        self._folder = Path(folder) if folder else None
        self._ways: dict[str, str] = {}
        if self._folder is None and pulumi.Config("orchestrator").get(UNFINISHED):
            raise pulumi.RunError("the recovery of this stack's state is not finished: run orchestrator recover again")

    def take(
        self, search: Search, provider: pulumi.ProviderResource | None, labelled: Iterable[Found], silence: str | None
    ) -> None:
        """Has what is declared from here on with the provider imported, as far as it is among what its account has.

        `silence` is why the account did not say what it has; then nothing of it can be recovered: RunError.
        """
        if self._folder is None:
            return
        if silence is not None:
            raise pulumi.RunError(f"what the account has cannot be looked up: {silence}")
        self._ways |= {kind: type(way).__name__ for kind, way in search.types.items()}
        if provider is not None:
            absent = frozenset(json.loads((self._folder / ABSENT_FILE).read_text(encoding="utf-8")))
            register_import(search, labelled, provider, absent)

    def write(self) -> None:
        """Writes how each type of resource is looked for."""
        if self._folder is None:
            return
        draft = self._folder / f".{WAYS_FILE}"
        draft.write_text(json.dumps(self._ways), encoding="utf-8")
        draft.replace(self._folder / WAYS_FILE)


def register_import(
    search: Search, labelled: Iterable[Found], provider: pulumi.ProviderResource, absent: frozenset[str]
) -> None:
    """Gives every resource of the provider, declared from here on, the id that it has in the cloud."""

    async def add_import(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        way = search.types.get(args.type_)
        if way is None or f"{args.type_}::{args.name}" in absent or not await is_of(args.opts, provider):
            return None
        identifier = find_known_id(way, args.type_, args.props, labelled)
        if identifier is None:
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
