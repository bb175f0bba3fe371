"""What is told from /proc: start times, launchers, disks."""

from pathlib import Path

import pytest

from orchestrator.rehearsal.process import LAUNCHER, find_processes, has_disk_below, is_launcher

WORLD = Path("/state/rehearsal/0123abcd")
DISK = "/state/rehearsal/0123abcd/machines/a"


@pytest.mark.parametrize(
    ("arguments", "launches"),
    [
        (("/bin/sh", str(LAUNCHER), DISK, "/image"), True),
        (("setsid", "--fork", "unshare", "--mount", "--", "/bin/sh", str(LAUNCHER), DISK), True),
        (("systemd-nspawn", f"--directory={DISK}/root", "--boot"), True),
        (("/usr/bin/systemd-nspawn", f"--directory={DISK}/root"), True),
        (("systemd-nspawn", "--directory=/state/rehearsal/0123abcdef/machines/a/root"), False),
        (("/bin/sh", str(LAUNCHER), "/state/rehearsal/ffffffff/machines/a"), False),
        (("tail", "-f", f"{DISK}/console.log"), False),
        (("vim", str(LAUNCHER)), False),
        ((), False),
    ],
)
def test_launchers_are_told_from_bystanders(arguments: tuple[str, ...], launches: bool) -> None:
    assert is_launcher(arguments, WORLD) is launches


@pytest.mark.parametrize(
    ("options", "is_ours"),
    [
        (f"rw,lowerdir=/image,upperdir={DISK}/upper,workdir={DISK}/work", True),
        ("rw,lowerdir=/image,upperdir=/state/rehearsal/0123abcde/machines/a/upper,workdir=/w", False),
        (f"rw,lowerdir={DISK}/upper,upperdir=/elsewhere,workdir=/w", False),
    ],
)
def test_disks_are_told_by_what_they_write_to(options: str, is_ours: bool) -> None:
    lines = [
        "21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
        f"80 1 0:50 / / rw,relatime - overlay overlay {options}",
    ]
    assert has_disk_below("\n".join(lines), WORLD) is is_ours
    assert not has_disk_below(lines[0], WORLD)


def test_a_world_without_machines_has_no_processes(tmp_path: Path) -> None:
    assert find_processes(tmp_path) == ()
