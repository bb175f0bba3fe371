"""The life of real machines: born with their keys, halted as by a power loss, started again, rebooted, deleted."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.model.errors import RemoteFailure
from orchestrator.rehearsal.firewall import FirewallRule
from orchestrator.rehearsal.machine import (
    apply_machine_firewall,
    attach_volume,
    create_machine,
    delete_machine,
    detach_volume,
    find_machine,
    halt_machine,
    list_machines,
    start_machine,
)
from orchestrator.rehearsal.process import find_processes
from orchestrator.rehearsal.world import World, get_volume_folder
from tests.machines.conftest import Keys, Reach

pytestmark = pytest.mark.machines
MakeSpec = Callable[..., Reach]

BOOT_ID = "cat /proc/sys/kernel/random/boot_id"
SSH_ONLY = (FirewallRule(protocol="tcp", port="22", sources=("0.0.0.0/0",)),)


def can_connect(address: str, port: int) -> bool | None:
    """True where the port answers, False where it refuses, None where nothing comes back."""
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except TimeoutError:
        return None
    except OSError:
        return False


def answers_ping(address: str) -> bool:
    """One echo request (RFC 792): type 8, code 0, checksum, id 1, number 1; type 0 comes back."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as icmp:
        icmp.settimeout(2)
        icmp.connect((address, 0))
        icmp.send(struct.pack("!BBHHH", 8, 0, 0xFFFF - 0x0800 - 1 - 1, 1, 1))
        header = icmp.recv(128)
    return header[20] == 0


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def test_a_cloud_machine_is_what_its_user_data_says(world: World, make_spec: MakeSpec) -> None:
    reach = make_spec("cloud-1", cloud=True)
    create_machine(world, reach.spec)
    assert reach.ask("cloud-init status --wait >/dev/null; hostname; cat /etc/told; ls /run/ran").splitlines() == [
        "from-user-data-cloud-1",
        "by user data",
        "/run/ran",
    ]
    assert reach.ask("systemctl is-system-running --wait; systemctl --failed --quiet") == "running"
    stranger = Reach(reach.spec, Keys.make(), world.folder)
    assert "HOST IDENTIFICATION HAS CHANGED" in stranger.run("true").stderr


def test_a_machine_keeps_its_disk_through_power_loss_and_reboot(world: World, make_spec: MakeSpec) -> None:
    reach = make_spec("metal-1")
    create_machine(world, reach.spec)
    machine_id, first = reach.ask("cat /etc/machine-id"), reach.ask(BOOT_ID)
    reach.ask("echo kept > /var/lib/kept && sync")

    halt_machine(world, "metal-1")
    assert can_connect(str(reach.spec.address), 22) is not True
    assert [status.running for status in list_machines(world)] == [False]
    assert find_processes(world.folder) == ()
    halt_machine(world, "metal-1")

    start_machine(world, "metal-1")
    second = reach.ask(BOOT_ID)
    assert second != first
    assert reach.ask("cat /etc/machine-id /var/lib/kept").splitlines() == [machine_id, "kept"]

    launcher = find_processes(world.folder)[0]
    reach.run("systemctl reboot")
    wait_until(lambda: reach.run(BOOT_ID, timeout=1).stdout.strip() not in ("", second))
    assert find_processes(world.folder)[0] == launcher
    assert reach.ask("cat /etc/machine-id /var/lib/kept").splitlines() == [machine_id, "kept"]

    delete_machine(world, "metal-1")
    delete_machine(world, "metal-1")
    assert find_machine(world, "metal-1") is None
    assert list(world.machines_folder.iterdir()) == []


def test_machines_are_apart_and_reach_each_other_but_nothing_else(world: World, make_spec: MakeSpec) -> None:
    one, two = make_spec("metal-1"), make_spec("metal-2")
    for reach in (one, two):
        create_machine(world, reach.spec)
    assert one.ask("cat /etc/machine-id") != two.ask("cat /etc/machine-id")
    assert one.ask(f"python3 -c \"import socket; socket.create_connection(('{two.spec.address}', 22), 5)\"") == ""
    assert one.run("ip route get 198.51.100.1").returncode != 0
    one.ask(f"ip route add default via {world.host_address}")
    outside = "import socket; socket.create_connection(('198.51.100.1', 80), 2)"
    assert one.run(f'python3 -c "{outside}"').returncode != 0
    # Each has a control group of its own, so that what one does to its units never reaches the other's.
    one.ask("systemctl stop systemd-journald.socket systemd-journald.service 2>/dev/null; true")
    assert two.ask("systemctl is-active systemd-journald.service") == "active"


def test_a_firewall_holds_from_the_first_packet_and_through_restarts(world: World, make_spec: MakeSpec) -> None:
    reach = make_spec("metal-1", firewall=SSH_ONLY)
    address = str(reach.spec.address)
    create_machine(world, reach.spec)
    serve = "systemd-run --quiet --collect python3 -m http.server"
    reach.ask(f"{serve} 8001; {serve} 8002")
    wait_until(lambda: reach.run("ss -ltn | grep -c ':800[12]'").stdout.strip() == "2")
    assert (can_connect(address, 22), can_connect(address, 8001), can_connect(address, 8002)) == (True, None, None)
    assert answers_ping(address)

    rules = (*SSH_ONLY, FirewallRule(protocol="tcp", port="8001", sources=(f"{world.host_address}/32", "0.0.0.0/0")))
    apply_machine_firewall(world, "metal-1", rules)
    assert (can_connect(address, 8001), can_connect(address, 8002)) == (True, None)

    elsewhere = (*SSH_ONLY, FirewallRule(protocol="tcp", port="8001", sources=("192.0.2.0/24",)))
    apply_machine_firewall(world, "metal-1", elsewhere)
    assert can_connect(address, 8001) is None
    apply_machine_firewall(world, "metal-1", rules)

    second = reach.ask(BOOT_ID)
    reach.run("systemctl reboot")
    wait_until(lambda: reach.run(BOOT_ID, timeout=1).stdout.strip() not in ("", second))
    reach.ask(f"{serve} 8001; {serve} 8002")
    wait_until(lambda: can_connect(address, 8001) is True)
    assert can_connect(address, 8002) is None
    apply_machine_firewall(world, "metal-1", None)
    assert can_connect(address, 8002) is True


def test_a_volume_outlives_its_machine(world: World, make_spec: MakeSpec) -> None:
    reach = make_spec("metal-1")
    create_machine(world, reach.spec)
    device = "/dev/disk/by-id/scsi-0HC_Volume_1001"
    attach_volume(world, "metal-1", "1001", "scsi-0HC_Volume_1001")
    reach.ask(f"test -L {device} -a -d {device} && mkdir -p /srv/data && mount --bind {device} /srv/data")
    reach.ask("echo block > /srv/data/chain")

    halt_machine(world, "metal-1")
    start_machine(world, "metal-1")
    assert reach.ask(f"cat {device}/chain") == "block"
    delete_machine(world, "metal-1")
    assert (get_volume_folder(world, "1001") / "chain").read_text() == "block\n"

    other = make_spec("metal-2", volumes={"1001": "scsi-0HC_Volume_1001"})
    create_machine(world, other.spec)
    assert other.ask(f"cat {device}/chain") == "block"
    detach_volume(world, "metal-2", "1001")
    assert other.run(f"ls {device}").returncode != 0
    detach_volume(world, "metal-3", "1001")


def test_creating_twice_is_once_and_never_something_else(world: World, make_spec: MakeSpec) -> None:
    reach = make_spec("metal-1")
    first = create_machine(world, reach.spec)
    assert create_machine(world, reach.spec) == first
    with pytest.raises(RemoteFailure, match="not the one asked for"):
        create_machine(world, reach.spec.model_copy(update={"hostname": "other"}))


def test_a_machine_that_cannot_start_says_why(world: World, make_spec: MakeSpec, tmp_path: Path) -> None:
    with pytest.raises(RemoteFailure, match="does not start"):
        create_machine(world, make_spec("metal-1").spec, tmp_path / "no-image")
    assert find_processes(world.folder) == ()


def test_many_starts_at_once_are_one(world: World, make_spec: MakeSpec) -> None:
    reach = make_spec("metal-1")
    threads = [threading.Thread(target=create_machine, args=(world, reach.spec)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reach.ask("true")
    launchers = [entry for entry in Path("/proc").glob("[0-9]*/cmdline") if is_nspawn(entry, world)]
    assert len(launchers) == 1


def is_nspawn(cmdline: Path, world: World) -> bool:
    try:
        text = cmdline.read_text()
    except OSError:
        return False
    return text.startswith("systemd-nspawn") and str(world.folder) in text
