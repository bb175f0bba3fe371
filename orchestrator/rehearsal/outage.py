"""Outages of a world as they happen: the calls of a lost domain are refused, its machines halted; until it heals."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path

from orchestrator.adapters.whole_folder import hold_file_lock
from orchestrator.model.base import Frozen
from orchestrator.model.failure_domain import DomainKind
from orchestrator.model.loss import Loss
from orchestrator.rehearsal.machine import cut_machine, list_machines, start_machine
from orchestrator.rehearsal.stored import read_value, write_value
from orchestrator.rehearsal.world import World, share_world

MACHINES_AT_ONCE = 8

Domains = Mapping[DomainKind, str]


class Part(StrEnum):
    """What of a domain is lost: all of it, the provider's API while machines run on, or the machines alone."""

    ALL = "all"
    API = "api"
    MACHINES = "machines"


class Losses(Frozen):
    """What a world has lost, each in order: whole domains, those whose API alone is lost, those without machines."""

    losses: tuple[Loss, ...] = ()
    apis: tuple[Loss, ...] = ()
    machines: tuple[Loss, ...] = ()

    def add(self, loss: Loss, part: Part) -> "Losses":
        """The same with one more."""
        field = FIELD_OF[part]
        return self.model_copy(update={field: tuple(sorted({*getattr(self, field), loss}, key=str))})

    def remove(self, loss: Loss) -> "Losses":
        """The same without what was lost of that domain."""
        return Losses(**{field: tuple(x for x in getattr(self, field) if x != loss) for field in FIELD_OF.values()})

    def describe(self) -> tuple[str, ...]:
        """What is lost, for people: "account=a", "account=b (API only)"."""
        return (
            *(str(loss) for loss in self.losses),
            *(f"{loss} (API only)" for loss in self.apis),
            *(f"{loss} (machines only)" for loss in self.machines),
        )


FIELD_OF = {Part.ALL: "losses", Part.API: "apis", Part.MACHINES: "machines"}


def read_losses(world: World) -> Losses:
    """What the world has lost and not yet healed."""
    return read_value(find_losses_file(world), Losses) or Losses()


def is_api_lost(world: World, domains: Domains) -> bool:
    """Whether the API that answers for these domains is lost."""
    found = read_losses(world)
    return are_covered((*found.losses, *found.apis), domains)


def is_machine_lost(world: World, domains: Domains) -> bool:
    """Whether a machine that stands in these domains is lost."""
    found = read_losses(world)
    return are_covered((*found.losses, *found.machines), domains)


def are_covered(losses: tuple[Loss, ...], domains: Domains) -> bool:
    """Whether any of the losses is of one of these domains."""
    return any(domains.get(loss.kind) == loss.value for loss in losses)


def lose(world: World, loss: Loss, part: Part = Part.ALL) -> None:
    """Records the loss first, so that nothing new begins there, then halts every machine in the domain."""
    with share_world(world), _hold_losses(world):
        write_value(find_losses_file(world), read_losses(world).add(loss, part))
        if part is Part.API:
            return
        doomed = [
            machine.record.name for machine in list_machines(world) if are_covered((loss,), machine.record.domains)
        ]
        with ThreadPoolExecutor(MACHINES_AT_ONCE) as pool:
            list(pool.map(lambda name: cut_machine(world, name), doomed))


def heal(world: World, loss: Loss) -> None:
    """Forgets the loss and starts the machines again that it took and no other loss holds down.

    Those that were switched off before stay off.
    """
    with share_world(world), _hold_losses(world):
        write_value(find_losses_file(world), read_losses(world).remove(loss))
        found = [machine.record for machine in list_machines(world) if not machine.running]
        names = [record.name for record in found if record.powered and not is_machine_lost(world, record.domains)]
        with ThreadPoolExecutor(MACHINES_AT_ONCE) as pool:
            list(pool.map(lambda name: start_machine(world, name), names))


def find_losses_file(world: World) -> Path:
    """Where the world's losses are kept."""
    return world.folder / "losses.json"


def _hold_losses(world: World) -> AbstractContextManager[None]:
    return hold_file_lock(world.folder / ".losses.lock")
