"""Outages of a world as they happen: the calls of a lost domain are refused, its machines halted; until it heals."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
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


class Losses(Frozen):
    """What a world has lost, in order."""

    losses: tuple[Loss, ...] = ()


def list_losses(world: World) -> tuple[Loss, ...]:
    """What the world has lost and not yet healed, sorted."""
    return (read_value(find_losses_file(world), Losses) or Losses()).losses


def is_lost(world: World, domains: Domains) -> bool:
    """Whether something that stands in these domains is lost."""
    return are_covered(list_losses(world), domains)


def are_covered(losses: tuple[Loss, ...], domains: Domains) -> bool:
    """Whether any of the losses is of one of these domains."""
    return any(domains.get(loss.kind) == loss.value for loss in losses)


def lose(world: World, loss: Loss) -> None:
    """Records the loss first, so that nothing new begins there, then halts every machine in the domain."""
    with share_world(world), _hold_losses(world):
        losses = {*list_losses(world), loss}
        write_value(find_losses_file(world), Losses(losses=tuple(sorted(losses, key=str))))
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
        left = tuple(other for other in list_losses(world) if other != loss)
        write_value(find_losses_file(world), Losses(losses=left))
        found = [machine.record for machine in list_machines(world) if not machine.running]
        names = [record.name for record in found if record.powered and not are_covered(left, record.domains)]
        with ThreadPoolExecutor(MACHINES_AT_ONCE) as pool:
            list(pool.map(lambda name: start_machine(world, name), names))


def find_losses_file(world: World) -> Path:
    """Where the world's losses are kept."""
    return world.folder / "losses.json"


def _hold_losses(world: World) -> AbstractContextManager[None]:
    return hold_file_lock(world.folder / ".losses.lock")
