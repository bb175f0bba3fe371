"""Where control groups are made, on hosts with version 1, version 2 or both."""

from pathlib import Path

import pytest

from orchestrator.rehearsal.cgroup import find_hierarchies

MEMORY = "30 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"
SYSTEMD = "31 25 0:27 / /sys/fs/cgroup/systemd rw,relatime shared:9 - cgroup cgroup rw,xattr,name=systemd"
UNIFIED = "32 25 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate"
PURE = "32 25 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup rw"


@pytest.mark.parametrize(
    ("lines", "mounts"),
    [
        ([MEMORY, SYSTEMD], ["/sys/fs/cgroup/systemd"]),
        ([MEMORY, SYSTEMD, UNIFIED], ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"]),
        ([PURE], ["/sys/fs/cgroup"]),
        ([MEMORY], []),
    ],
)
def test_hierarchies(lines: list[str], mounts: list[str]) -> None:
    assert find_hierarchies("\n".join(lines)) == tuple(map(Path, mounts))
