"""A control group of its own for each machine, where no systemd on the host makes one: machines never share one."""

import contextlib
import time
from pathlib import Path

REMOVE_TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.02


def find_hierarchies(mountinfo: str) -> tuple[Path, ...]:
    """Where the hierarchies that systemd in a machine manages are mounted: version 1's name=systemd, and version 2."""
    found = []
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.partition(" ")
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(" ")[-1].split(",")):
            found.append(Path(before.split(" ")[4]))
    return tuple(found)


def list_cgroups(name: str) -> tuple[Path, ...]:
    """The folder that the group `name` ("world/machine") has, or would have, in each hierarchy."""
    return tuple(mount / name for mount in find_hierarchies(Path("/proc/self/mountinfo").read_text()))


def create_cgroups(name: str) -> tuple[Path, ...]:
    """Makes the group `name` in each hierarchy where it is missing; returns the files that take a process into it."""
    folders = list_cgroups(name)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    return tuple(folder / "cgroup.procs" for folder in folders)


def remove_cgroups(name: str) -> None:
    """Removes the group `name` and all below it; its processes have ended, but the kernel may need a moment more."""
    deadline = time.monotonic() + REMOVE_TIMEOUT_SECONDS
    left = [folder for folder in list_cgroups(name) if folder.exists()]
    while left:
        for folder in left:
            _remove_tree(folder)
        left = [folder for folder in left if folder.exists()]
        if left and time.monotonic() > deadline:
            raise TimeoutError(f"control groups still in use: {', '.join(map(str, left))}")
        if left:
            time.sleep(POLL_SECONDS)


def _remove_tree(folder: Path) -> None:
    with contextlib.suppress(OSError):  # busy: asked again until the time is up
        for child in sorted(folder.iterdir()):
            if child.is_dir():
                _remove_tree(child)
        folder.rmdir()
