"""Machines that nobody may trust any more: they are marked for good, whatever becomes of their domain."""

from collections.abc import Mapping, Sequence

from orchestrator.model.lock import Lock, Machine
from orchestrator.model.loss import Loss
from orchestrator.placement.places import Place, get_place_name


def mark_compromised(lock: Lock, places: Mapping[str, Place], domains: Sequence[Loss]) -> Lock:
    """The lock with every machine in the compromised domains marked with the first of these that it is in.

    The mark stays when the domain is healed: what ran there is never wanted again, and placement lets it go.
    """
    machines = tuple(_mark(machine, places, domains) for machine in lock.machines)
    return lock if machines == lock.machines else lock.model_copy(update={"machines": machines})


def _mark(machine: Machine, places: Mapping[str, Place], domains: Sequence[Loss]) -> Machine:
    site = places[get_place_name(machine)].site
    found = next((str(domain) for domain in domains if domain.covers(site)), None)
    if found is None or machine.compromised is not None:
        return machine
    return machine.model_copy(update={"compromised": found})
