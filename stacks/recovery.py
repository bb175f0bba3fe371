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
        self, search: Search, labelled: Iterable[Found], silence: str | None, existing: Mapping[str, str]
    ) -> tuple[pulumi.ResourceTransform, ...]:
        """What every resource of one account is to be declared with, to be imported where the account has it.

        `existing` are ids, by the resource's name, of what carries no label of the fleet yet. `silence` is why the
        account did not say what it has; then nothing of it can be recovered: RunError.
        """
        if self._folder is None:
            return ()
        if silence is not None:
            raise pulumi.RunError(f"what the account has cannot be looked up: {silence}")
        self._ways |= {kind: type(way).__name__ for kind, way in search.types.items()}
        absent = frozenset(json.loads((self._folder / ABSENT_FILE).read_text(encoding="utf-8")))
        return (make_import(Known(search, tuple(labelled), existing, absent)),)

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

    async def is_absent(self, resource: pulumi.Resource) -> bool:
        """Whether the resource turned out not to be there, and so is not declared in the end."""
        urn = await resource.urn.future()
        return urn is not None and "::".join(urn.split("::")[-2:]) in self.absent


def list_existing(machines: Iterable[Machine]) -> dict[str, str]:
    """The ids of what was there before the fleet, by the names that every provider module gives to these parts."""
    return {
        machine.hostname if part == "machine" else f"{machine.hostname}-{part}": identifier
        for machine in machines
        for part, identifier in (machine.existing or {}).items()
    }


def make_import(known: Known) -> pulumi.ResourceTransform:
    """The transform that gives a resource the id that it has in the cloud.

    It has to be each resource's own: of one for the whole stack the engine takes no dependencies back.
    """

    async def add_import(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        identifier = known.find(args.type_, args.name, await resolve(args.props))
        if identifier is None:
            return None
        args.opts.import_, args.opts.ignore_changes = identifier, ALL_PROPERTIES
        args.opts.depends_on = [each for each in list_dependencies(args.opts) if not await known.is_absent(each)]
        props = {name: value for name, value in args.props.items() if not await is_unknown(value, known)}
        return pulumi.ResourceTransformResult(props, args.opts)

    return add_import


def list_dependencies(options: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    """What the resource waits for, besides what its properties follow from; a transform is given resources alone."""
    given = options.depends_on or []
    return [each for each in (given if isinstance(given, list) else [given]) if isinstance(each, pulumi.Resource)]


async def resolve(value: Any) -> Any:
    """The plain value of properties, lists and outputs; None for what is not known."""
    if isinstance(value, pulumi.Output):
        return await resolve(await value.future())
    if isinstance(value, Mapping):
        return {name: await resolve(each) for name, each in value.items()}
    return [await resolve(each) for each in value] if isinstance(value, list) else value


async def is_unknown(value: Any, known: Known) -> bool:
    """Whether a property follows from what is not there. It is left out: all properties are the cloud's own anyway."""
    if isinstance(value, pulumi.Output):
        return not await value.is_known() or any([await known.is_absent(each) for each in await value.resources()])
    if isinstance(value, Mapping):
        return any([await is_unknown(each, known) for each in value.values()])
    return isinstance(value, list) and any([await is_unknown(each, known) for each in value])


def find_known_id(
    way: ByName | ById | Again, kind: str, inputs: Mapping[str, Any], labelled: Iterable[Found]
) -> str | None:
    """The id of a resource; None where it is not there, or follows from an id that is not known."""
    try:
        return find_id(way, {"type": kind, "inputs": inputs}, labelled)
    except (KeyError, TypeError, ValueError):
        return None
