"""How each client's programs are had in this fleet: what the client's file says, and what the operator vouches for."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from orchestrator.adapters.artifacts import ARCHES
from orchestrator.model.artifact import ArtifactRecipe, apply_pin, list_unverified
from orchestrator.model.client import ClientFacts
from orchestrator.model.errors import OrchestratorError
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import CARRYING_STATES, Lock
from orchestrator.model.plan import Finding


def build_recipe(client: ClientFacts, fleet: Fleet) -> ArtifactRecipe:
    """The client's recipe with the fleet's pin, if it has one; OrchestratorError where the pin does not fit."""
    recipe = ArtifactRecipe.model_validate({"name": client.name, "version": client.version, **client.artifacts})
    pin = fleet.artifacts.get(client.name)
    try:
        return apply_pin(recipe, pin, Path(fleet.path).resolve().parent)
    except ValueError as error:
        hint = f"correct artifacts.{client.name}, or take it out"
        raise OrchestratorError(str(error), hint=hint, source=pin.source if pin else None) from None


def find_unverified_artifacts(fleet: Fleet, lock: Lock, clients: Mapping[str, ClientFacts]) -> Iterator[Finding]:
    """A warning for each client in use whose programs nothing vouches for on an architecture of its machines."""
    used: dict[str, set[str]] = {}
    for machine in lock.machines:
        if machine.state in CARRYING_STATES:
            for name in machine.clients.values():
                used.setdefault(name, set()).add(machine.arch)
    for name in sorted(used.keys() & clients.keys()):
        client = clients[name]
        recipe = build_recipe(client, fleet)
        for arch in list_unverified(recipe, (ARCHES[each] for each in used[name] if each in ARCHES)):
            message, hint = recipe.describe_unverified(arch)
            yield Finding(
                rule="artifact",
                name="programs are verified",
                level="warning",
                subject=name,
                value="unverified",
                bound="a digest or keys that were read from the publisher",
                message=f"{message}; `up` will refuse it: {hint}",
                source=client.source,
            )
