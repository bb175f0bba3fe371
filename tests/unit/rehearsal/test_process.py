"""What is told from /proc: start times, launchers, disks."""

import os
from pathlib import Path

import pytest

from orchestrator.rehearsal.process import (
    LAUNCHER,
    Process,
    find_processes,
    has_disk_below,
    is_launcher,
    parse_stat,
    read_process,
)

WORLD = Path("/state/rehearsal/0123abcd")
DISK = "/state/rehearsal/0123abcd/machines/a"


def stat_line(name: str, state: str) -> str:
    return f"42 ({name}) {state} 1 42 42 0 -1 4194560 " + " ".join(str(number) for number in range(10, 30))


@pytest.mark.parametrize("name", ["sh", "a b", "(sd-pam)", "x) S 1 2 (y", ""])
def test_the_start_time_is_found_whatever_the_name(name: str) -> None:
    fields = "42 (x) S 1 42 42 0 -1 4194560 100 200 0 0 5 6 7 8 20 0 1 0 987654 12345 678"
    assert parse_stat(fields.replace("(x)", f"({name})")) == Process(pid=42, started=987654)


@pytest.mark.parametrize("state", ["Z", "X"])
def test_the_dead_are_no_processes(state: str) -> None:
    assert parse_stat(stat_line("sh", state)) is None


def test_this_process_is_alive_and_the_same_each_time() -> None:
    found = read_process(os.getpid())
    assert found is not None
    assert found == read_process(os.getpid())
    assert read_process(2**22 + 1) is None


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
