"""A world: the folder, bridge and addresses of one rehearsal, made, found again and removed without a trace."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from pydantic import Field

from orchestrator.adapters.whole_folder import hold_file_lock
from orchestrator.folders import find_state_folder
from orchestrator.model.base import Frozen
from orchestrator.model.errors import OrchestratorError, RemoteFailure
from orchestrator.model.rehearsal import is_world_id
from orchestrator.rehearsal.cgroup import remove_cgroups
from orchestrator.rehearsal.kernel_limits import raise_limits, restore_limits
from orchestrator.rehearsal.network import (
    BRIDGE_PREFIX,
    delete_link,
    ensure_bridge,
    get_host_address,
    list_cables,
    list_routes,
    pick_subnet,
)
from orchestrator.rehearsal.process import end_processes
from orchestrator.rehearsal.stored import read_value, write_value

VOLUME_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Overlay mounts take paths as comma- and colon-separated options, and /proc shows blanks escaped.
UNFIT_IN_PATH = re.compile(r"[\s,:\\]")


class World(Frozen):
    """One rehearsal: its id (8 hex digits), its folder, the fleet and the spec file that it stands for, its subnet."""

    id: str
    folder: Path
    fleet: str
    spec_path: Path
    subnet: IPv4Network

    @property
    def bridge(self) -> str:
        """The bridge that all its machines are on."""
        return compute_bridge(self.id)

    @property
    def host_address(self) -> IPv4Address:
        """Where its machines find the host."""
        return get_host_address(self.subnet)

    @property
    def machines_folder(self) -> Path:
        """A folder for each machine."""
        return self.folder / "machines"

    @property
    def volumes_folder(self) -> Path:
        """A folder for each data volume; volumes outlive machines."""
        return self.folder / "volumes"


class Addresses(Frozen):
    """Which machine has which address, in the order in which they were given out."""

    addresses: dict[str, IPv4Address] = Field(default_factory=dict)


def find_worlds_folder() -> Path:
    """Where all worlds of this user are."""
    return find_state_folder() / "rehearsal"


def compute_world_id(fleet_name: str, spec_path: Path) -> str:
    """The id of a fleet's world: 8 hex digits that differ between spec files, and between state folders too."""
    seed = "\0".join((fleet_name, str(spec_path.absolute()), str(find_worlds_folder())))
    return hashlib.sha256(seed.encode()).hexdigest()[:8]


def compute_bridge(world_id: str) -> str:
    """The name of a world's bridge: 12 characters (the kernel allows 15)."""
    return f"{BRIDGE_PREFIX}{world_id}"


def create_world(fleet_name: str, spec_path: Path) -> World:
    """The world of a fleet, made where it is missing and completed where a run was killed or the host restarted."""
    worlds = find_worlds_folder()
    if UNFIT_IN_PATH.search(str(worlds)):
        raise OrchestratorError(
            f"the folder {worlds} has a blank, comma, colon or backslash in its path, which overlay mounts cannot take",
            hint="set XDG_STATE_HOME to another folder",
        )
    worlds.mkdir(parents=True, exist_ok=True)
    with _hold_folder(worlds, fcntl.LOCK_EX):  # one at a time, so that no two pick the same subnet
        world_id = compute_world_id(fleet_name, spec_path)
        folder = worlds / world_id
        world = read_value(folder / "world.json", World)
        if world is None:
            subnet = pick_subnet(world_id, (*list_routes(), *(world.subnet for world in list_worlds())))
            world = World(id=world_id, folder=folder, fleet=fleet_name, spec_path=spec_path.absolute(), subnet=subnet)
        for part, mode in ((folder, 0o700), (world.machines_folder, 0o700), (world.volumes_folder, 0o711)):
            part.mkdir(mode=mode, exist_ok=True)
        write_value(folder / "world.json", world)
        raise_limits(worlds)
        ensure_bridge(world.bridge, world.subnet)
    return world


def open_world(world_id: str) -> World:
    """The world of that id; RemoteFailure where there is none."""
    world = read_value(find_worlds_folder() / world_id / "world.json", World)
    if world is None:
        raise RemoteFailure(f"there is no rehearsal {world_id}", hint="`orchestrator up --rehearse` makes one")
    return world


def list_world_ids() -> tuple[str, ...]:
    """The ids of all worlds, those too that a killed run left half made or half removed."""
    names = (path.name for path in find_worlds_folder().glob("*") if path.is_dir())
    return tuple(sorted(name for name in names if is_world_id(name)))


def list_worlds() -> tuple[World, ...]:
    """All worlds that have a record."""
    folder = find_worlds_folder()
    found = (read_value(folder / world_id / "world.json", World) for world_id in list_world_ids())
    return tuple(world for world in found if world is not None)


def clean_world(world: World) -> None:
    """Ends the world's machines and removes all that is its own; no error where it is gone in part or altogether."""
    clean_world_id(world.id)


def clean_world_id(world_id: str) -> None:
    """The same by id alone, for worlds whose record is missing: everything is found by what it is, not by records.

    The folder goes last, so that what a killed run leaves is still listed and cleaned by the next one.
    """
    folder = find_worlds_folder() / world_id
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(FileNotFoundError):
            stack.enter_context(_hold_folder(folder, fcntl.LOCK_EX))
        end_processes(folder)
        for cable in list_cables(world_id):
            delete_link(cable)
        delete_link(compute_bridge(world_id))
        remove_cgroups(compute_bridge(world_id))
        (folder / "world.json").unlink(missing_ok=True)
        remove_folder(folder)
    if not list_world_ids():
        restore_limits(find_worlds_folder())


def remove_folder(folder: Path) -> None:
    """Removes the folder and all in it; nothing where it is gone."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


@contextlib.contextmanager
def share_world(world: World) -> Iterator[None]:
    """Keeps the world from being removed meanwhile; RemoteFailure where it is gone already."""
    try:
        with _hold_folder(world.folder, fcntl.LOCK_SH):
            yield
    except FileNotFoundError as error:
        if world.folder.exists():
            raise
        raise RemoteFailure(f"the rehearsal {world.id} was removed", hint="run `up --rehearse` again") from error


@contextlib.contextmanager
def _hold_folder(folder: Path, kind: int) -> Iterator[None]:
    """Holds a lock on the folder itself, so that the lock leaves nothing behind when the folder goes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, kind)
        if not folder.exists() or not os.path.samestat(os.fstat(descriptor), folder.stat()):
            raise FileNotFoundError(folder)  # it was removed while this waited
        yield
    finally:
        os.close(descriptor)


def get_volume_folder(world: World, volume_id: str) -> Path:
    """The folder that is a data volume in this world; ids are unique in the world, and outlive their machines."""
    if not VOLUME_ID.fullmatch(volume_id):
        raise ValueError(f"{volume_id!r} is no volume id")
    return world.volumes_folder / volume_id


def allocate_address(world: World, machine_name: str) -> str:
    """The machine's address: always the same for its name, until the addresses run out and it no longer exists."""
    path = world.folder / "addresses.json"
    with share_world(world), hold_file_lock(world.folder / ".addresses.lock"):
        known = read_value(path, Addresses) or Addresses()
        kept = frozenset(folder.name for folder in world.machines_folder.iterdir())
        chosen = choose_address(known, machine_name, world.subnet, kept)
        if chosen != known:
            write_value(path, chosen)
    return str(chosen.addresses[machine_name])


def choose_address(known: Addresses, machine_name: str, subnet: IPv4Network, kept: frozenset[str]) -> Addresses:
    """`known` with an address for the machine: the lowest free one, else that of the longest known not in `kept`."""
    if machine_name in known.addresses:
        return known
    used = frozenset(known.addresses.values())
    free = next((host for host in subnet.hosts() if host != get_host_address(subnet) and host not in used), None)
    if free is not None:
        return Addresses(addresses={**known.addresses, machine_name: free})
    gone = next((name for name in known.addresses if name not in kept), None)
    if gone is None:
        raise OrchestratorError(
            f"a rehearsal holds {len(used)} machines at most", hint="rehearse a smaller fleet, or delete machines"
        )
    left = {name: address for name, address in known.addresses.items() if name != gone}
    return Addresses(addresses={**left, machine_name: known.addresses[gone]})
