"""What a world's clouds have run out of: machine types that no create gets, and quotas of vCPUs; until restocked.

Each provider's double asks before it makes a machine, and refuses in its own cloud's words and error code.
"""

from contextlib import AbstractContextManager
from pathlib import Path

from pydantic import Field

from orchestrator.adapters.whole_folder import hold_file_lock
from orchestrator.model.base import Frozen
from orchestrator.rehearsal.stored import read_value, write_value
from orchestrator.rehearsal.world import World, share_world


class Exhausted(Frozen):
    """A machine type of which a region of a provider has none left. Machines that run go on running."""

    provider: str
    region: str
    machine_type: str

    def __str__(self) -> str:
        return f"no {self.machine_type} at {self.provider}/{self.region}"


class Quota(Frozen):
    """How many vCPUs each account of a provider may have running in a region; for hetzner, in all of the account."""

    provider: str
    region: str
    vcpus: int = Field(ge=0)

    def __str__(self) -> str:
        return f"at most {self.vcpus} vCPUs at {self.provider}/{self.region}"


class Shortages(Frozen):
    """All that a world is short of, sorted."""

    exhausted: tuple[Exhausted, ...] = ()
    quotas: tuple[Quota, ...] = ()

    def describe(self) -> tuple[str, ...]:
        """The same for people."""
        return (*map(str, self.exhausted), *map(str, self.quotas))


def read_shortages(world: World) -> Shortages:
    """All that the world is short of."""
    return read_value(_find_file(world), Shortages) or Shortages()


def is_exhausted(world: World, provider: str, region: str, machine_type: str) -> bool:
    """Whether the cloud has no machine of that type left in that region."""
    wanted = Exhausted(provider=provider, region=region, machine_type=machine_type)
    return wanted in read_shortages(world).exhausted


def find_vcpu_quota(world: World, provider: str, region: str) -> int | None:
    """How many vCPUs an account may have running in that region; None where the world sets no quota."""
    found = (quota for quota in read_shortages(world).quotas if (quota.provider, quota.region) == (provider, region))
    return next((quota.vcpus for quota in found), None)


def exhaust(world: World, exhausted: Exhausted) -> None:
    """From now on every create of that machine type in that region is refused."""
    with share_world(world), _hold_file(world):
        before = read_shortages(world)
        wanted = tuple(sorted({*before.exhausted, exhausted}, key=str))
        write_value(_find_file(world), before.model_copy(update={"exhausted": wanted}))


def restock(world: World, exhausted: Exhausted) -> None:
    """Machines of that type can be had there again."""
    with share_world(world), _hold_file(world):
        before = read_shortages(world)
        left = tuple(other for other in before.exhausted if other != exhausted)
        write_value(_find_file(world), before.model_copy(update={"exhausted": left}))


def set_quota(world: World, quota: Quota) -> None:
    """Sets the quota, in place of an earlier one of the same region."""
    with share_world(world), _hold_file(world):
        before = read_shortages(world)
        others = {other for other in before.quotas if (other.provider, other.region) != (quota.provider, quota.region)}
        wanted = tuple(sorted({*others, quota}, key=str))
        write_value(_find_file(world), before.model_copy(update={"quotas": wanted}))


def _find_file(world: World) -> Path:
    return world.folder / "shortages.json"


def _hold_file(world: World) -> AbstractContextManager[None]:
    return hold_file_lock(world.folder / ".shortages.lock")
