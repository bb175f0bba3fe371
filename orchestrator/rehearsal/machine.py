"""Rehearsal machines: real systemd machines (systemd-nspawn on an overlay of the base image) on a world's bridge."""

import hashlib
import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Sequence
from ipaddress import IPv4Address
from pathlib import Path

from pydantic import Field, model_validator

from orchestrator.adapters.processes import Process, read_process
from orchestrator.adapters.whole_folder import hold_file_lock
from orchestrator.model.base import Frozen
from orchestrator.model.errors import RemoteFailure, ToolMissing
from orchestrator.model.failure_domain import DomainKind
from orchestrator.rehearsal.cgroup import create_cgroups, remove_cgroups
from orchestrator.rehearsal.firewall import FirewallRule, render_ruleset
from orchestrator.rehearsal.network import PREFIX, compute_mac, compute_veth, delete_link, run_tool
from orchestrator.rehearsal.process import LAUNCHER, end_processes
from orchestrator.rehearsal.recipe import find_base_image
from orchestrator.rehearsal.record import (
    MachineRecord,
    find_launcher,
    find_lock,
    find_machine_folder,
    find_recorded_launcher,
    get_record,
    list_records,
    read_record,
    write_record,
)
from orchestrator.rehearsal.stored import write_text, write_value
from orchestrator.rehearsal.world import World, get_volume_folder, remove_folder, share_world

SYSTEMD_RUNS = Path("/run/systemd/system")
RULESET_FILE = "firewall.nft"  # launch.sh reads it
SEED = "var/lib/cloud/seed/nocloud"
# Where a machine sees the world's volumes, and the links to its own that a cloud's udev rules would make.
VOLUMES_INSIDE = "/run/rehearsal-volumes"
LINKS_INSIDE = "/dev/disk/by-id"
LINKS_FOLDER = "by-id"
CONSOLE_TAIL_LINES = 20


class DiskFile(Frozen):
    """A file on a machine's disk before it first boots; `path` is below its root."""

    path: str
    text: str
    mode: int = 0o644


class NewMachine(Frozen):
    """What a machine is made from.

    With `user_data` cloud-init runs it, as on a cloud: keys come to root through the metadata, and the host key is in
    the user data or made by the machine. Without, it is an enrolled host: keys and host key (a private key in
    OpenSSH's form) are on its disk before it first boots. `firewall` None is no firewall, () refuses everything.
    `volumes` are ids of data volumes, each with the name that its device has below /dev/disk/by-id. `files` are what
    the cloud's own image has and the base image has not.
    """

    name: str
    address: IPv4Address
    hostname: str
    user_data: str | None = None
    authorized_keys: tuple[str, ...] = ()
    host_key_private: str | None = None
    domains: dict[DomainKind, str] = Field(default_factory=dict)
    firewall: tuple[FirewallRule, ...] | None = None
    volumes: dict[str, str] = Field(default_factory=dict)
    files: tuple[DiskFile, ...] = ()

    @model_validator(mode="after")
    def check_host_key(self) -> "NewMachine":
        """A machine's host key comes one way only."""
        if self.user_data is not None and self.host_key_private is not None:
            raise ValueError("with user data the host key belongs into the user data (ssh_keys)")
        return self

    def compute_digest(self) -> str:
        """Names all that the machine is made from, secrets too, without telling them."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


class MachineStatus(Frozen):
    """A machine as recorded, and whether it runs at this moment."""

    record: MachineRecord
    running: bool


def create_machine(world: World, spec: NewMachine, image: Path | None = None) -> MachineRecord:
    """Makes the machine on the base image, or on `image`, and starts it; returns once it boots, not when it has booted.

    The same call again completes what a killed one began. RemoteFailure where a machine of that name exists that was
    made from something else.
    """
    with share_world(world), hold_file_lock(find_lock(world, spec.name)):
        record = read_record(world, spec.name)
        if record is None:
            record = _build_machine(world, spec, image or find_base_image())
        elif record.digest != spec.compute_digest():
            raise RemoteFailure(f"the rehearsal {world.id} has a machine {spec.name} that is not the one asked for")
        return _start(world, record)


def start_machine(world: World, name: str) -> MachineRecord:
    """Switches the machine on; nothing happens where it runs."""
    with share_world(world), hold_file_lock(find_lock(world, name)):
        return _start(world, get_record(world, name))


def halt_machine(world: World, name: str) -> None:
    """Cuts the machine's power: it is gone at once, its disk stays. Nothing happens where it is off."""
    with share_world(world), hold_file_lock(find_lock(world, name)):
        record = get_record(world, name)
        write_record(world, record.model_copy(update={"powered": False, "pid": None, "started": None}))
        _cut_power(world, name, record.address)


def cut_machine(world: World, name: str) -> None:
    """Cuts the machine's power as an outage does: its owner did not switch it off, so it comes back when that ends."""
    with share_world(world), hold_file_lock(find_lock(world, name)):
        record = read_record(world, name)
        if record is not None:
            _cut_power(world, name, record.address)


def delete_machine(world: World, name: str) -> None:
    """Ends the machine and removes its disk; its volumes stay. Nothing happens where it is gone."""
    with share_world(world), hold_file_lock(find_lock(world, name)):
        record = read_record(world, name)
        _cut_power(world, name, record.address if record else None)
        folder = find_machine_folder(world, name)
        if folder.exists():
            # Renamed first: a machine is there whole or not at all, whoever kills this.
            doomed = folder.with_name(f".{name}.deleted")
            remove_folder(doomed)
            folder.rename(doomed)
            remove_folder(doomed)
    find_lock(world, name).unlink(missing_ok=True)


def find_machine(world: World, name: str) -> MachineStatus | None:
    """The machine of that name; None where there is none."""
    record = read_record(world, name)
    return None if record is None else _check(world, record)


def list_machines(world: World) -> tuple[MachineStatus, ...]:
    """All machines of the world, sorted by name."""
    return tuple(_check(world, record) for record in list_records(world))


def read_console(world: World, name: str) -> str:
    """The last lines that the machine wrote to its console."""
    path = find_machine_folder(world, name) / "console.log"
    text = path.read_text(errors="replace") if path.exists() else ""
    return "\n".join(text.splitlines()[-CONSOLE_TAIL_LINES:])


def apply_machine_firewall(world: World, name: str, rules: Sequence[FirewallRule] | None) -> None:
    """Replaces the machine's inbound rules, at once where it runs and for every later start; None takes them away."""
    with share_world(world), hold_file_lock(find_lock(world, name)):
        record = get_record(world, name)
        ruleset = render_ruleset(rules)
        write_record(world, record.model_copy(update={"firewall": None if rules is None else tuple(rules)}))
        write_text(find_machine_folder(world, name) / RULESET_FILE, ruleset)
        launcher = find_launcher(world, record)
        if launcher is not None:
            run_tool(["nsenter", f"--net=/proc/{launcher.pid}/ns/net", "nft", "-f", "-"], ruleset)


def attach_volume(world: World, name: str, volume_id: str, link: str) -> None:
    """Shows the volume to the machine, at once and at every later start; its folder is made where it is missing.

    `link` is the name that the cloud gives its device below /dev/disk/by-id.
    """
    with share_world(world), hold_file_lock(find_lock(world, name)):
        record = get_record(world, name)
        get_volume_folder(world, volume_id).mkdir(exist_ok=True)
        link_volume(find_machine_folder(world, name), volume_id, link)
        volumes = tuple(sorted({*record.volumes, volume_id}))
        write_record(world, record.model_copy(update={"volumes": volumes}))


def detach_volume(world: World, name: str, volume_id: str) -> None:
    """Takes the volume away from the machine; what is on it stays. Nothing happens where either is gone."""
    with share_world(world), hold_file_lock(find_lock(world, name)):
        record = read_record(world, name)
        if record is None:
            return
        unlink_volume(find_machine_folder(world, name), volume_id)
        volumes = tuple(volume for volume in record.volumes if volume != volume_id)
        write_record(world, record.model_copy(update={"volumes": volumes}))


def _check(world: World, record: MachineRecord) -> MachineStatus:
    return MachineStatus(record=record, running=find_launcher(world, record) is not None)


def _build_machine(world: World, spec: NewMachine, image: Path) -> MachineRecord:
    """Puts the machine's folder together beside its place, and moves it there when it is whole."""
    folder = find_machine_folder(world, spec.name)
    draft = folder.with_name(f".{spec.name}.draft")
    remove_folder(draft)
    record = MachineRecord(
        name=spec.name,
        address=spec.address,
        hostname=spec.hostname,
        image=image,
        digest=spec.compute_digest(),
        machine_id=uuid.uuid4().hex,
        domains=spec.domains,
        firewall=spec.firewall,
        volumes=tuple(sorted(spec.volumes)),
    )
    for part in ("upper", "work", "root", LINKS_FOLDER):
        (draft / part).mkdir(parents=True)
    draft.chmod(0o700)
    write_disk(draft / "upper", spec, record.machine_id)
    write_text(draft / RULESET_FILE, render_ruleset(spec.firewall))
    for volume, link in spec.volumes.items():
        get_volume_folder(world, volume).mkdir(exist_ok=True)
        link_volume(draft, volume, link)
    write_value(draft / "machine.json", record)
    remove_folder(folder)  # without a record it is nobody's
    draft.rename(folder)
    return record


def write_disk(disk: Path, spec: NewMachine, machine_id: str) -> None:
    """Writes what makes the machine this one and no other to its empty disk (the overlay's upper layer)."""
    _write_file(disk / "etc/machine-id", f"{machine_id}\n", 0o444)
    _write_file(disk / "etc/hostname", f"{spec.hostname}\n")
    for file in spec.files:
        _write_file(disk / file.path, file.text, file.mode)
    _write_file(disk / "etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {spec.hostname}\n::1 localhost\n")
    if spec.user_data is not None:
        metadata = {"instance-id": spec.name, "local-hostname": spec.hostname, "public-keys": spec.authorized_keys}
        # YAML takes JSON as it is.
        _write_file(disk / SEED / "meta-data", json.dumps(metadata) + "\n", 0o600)
        _write_file(disk / SEED / "user-data", spec.user_data, 0o600)
        return
    _write_file(disk / "etc/cloud/cloud-init.disabled", "")
    (disk / "root").mkdir(mode=0o700)
    _write_file(disk / "root/.ssh/authorized_keys", "".join(f"{key}\n" for key in spec.authorized_keys), 0o600)
    (disk / "root/.ssh").chmod(0o700)
    if spec.host_key_private is not None:
        _write_file(disk / "etc/ssh/ssh_host_ed25519_key", spec.host_key_private.rstrip("\n") + "\n", 0o600)


def _write_file(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def link_volume(folder: Path, volume_id: str, name: str) -> None:
    """Shows the volume to the machine whose folder is given, under the name that the cloud gives its device."""
    link = folder / LINKS_FOLDER / name
    link.unlink(missing_ok=True)
    link.symlink_to(f"{VOLUMES_INSIDE}/{volume_id}")


def unlink_volume(folder: Path, volume_id: str) -> None:
    """Takes every name of the volume away from the machine whose folder is given."""
    for link in (folder / LINKS_FOLDER).iterdir():
        if link.readlink().name == volume_id:
            link.unlink()


def _start(world: World, record: MachineRecord) -> MachineRecord:
    """Starts the machine where it does not run; what an interrupted start or a crash left is swept away before.

    A launcher that is not recorded is such a remainder: its starter is dead, and it ends when it finds that out.
    """
    launcher = find_recorded_launcher(record)
    if launcher is None:
        _cut_power(world, record.name, record.address)
        launcher = _launch(world, record)
    current = record.model_copy(update={"powered": True, "pid": launcher.pid, "started": launcher.started})
    if current != record:
        write_record(world, current)
    return current


def _cut_power(world: World, name: str, address: IPv4Address | None) -> None:
    end_processes(find_machine_folder(world, name))
    if address is not None:
        delete_link(compute_veth(world.id, address))  # the kernel would, but takes its time
    remove_cgroups(_name_cgroup(world, name))


def _name_cgroup(world: World, name: str) -> str:
    return f"{world.bridge}/{name}"


def _launch(world: World, record: MachineRecord) -> Process:
    folder = find_machine_folder(world, record.name)
    registers = SYSTEMD_RUNS.is_dir()
    groups = () if registers else create_cgroups(_name_cgroup(world, record.name))
    address = f"{record.address}/{PREFIX}"
    cable = (compute_mac(record.address), compute_veth(world.id, record.address))
    command = [
        *("setsid", "--fork", "unshare", "--mount", "--net", "--propagation", "private", "--"),
        *("/bin/sh", str(LAUNCHER), str(folder), str(record.image), address, *cable, world.bridge),
        *list_nspawn_options(world, record, registers=registers),
    ]
    # The child enters its groups before it becomes anything else, so the machine never runs outside of them.
    script = 'for group in $GROUPS_TO_JOIN; do echo $$ >"$group"; done; exec "$@"'
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "GROUPS_TO_JOIN": " ".join(map(str, groups)),
        "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",  # a machine sets the sysctls of its own network
    }
    with Path("/proc/self/ns/net").open() as namespace, (folder / "console.log").open("a") as console:
        done = subprocess.run(
            ["/bin/sh", "-euc", script, "sh", *command],
            stdin=namespace,
            stdout=subprocess.PIPE,
            stderr=console,
            env=environment,
            cwd="/",
            check=False,
        )
    launcher = read_process(int(done.stdout)) if done.stdout.strip() else None
    if launcher is None:
        raise RemoteFailure(
            f"the rehearsal machine {record.name} does not start: {read_console(world, record.name)}",
            hint=f"its console is in {folder / 'console.log'}",
        )
    return launcher


def list_nspawn_options(world: World, record: MachineRecord, *, registers: bool) -> tuple[str, ...]:
    """The options of systemd-nspawn(1) for the machine; `registers` where systemd runs the host and keeps account."""
    folder = find_machine_folder(world, record.name)
    return (
        "--quiet",
        "--boot",
        f"--machine={world.bridge}-{compute_veth(world.id, record.address).rpartition('-')[2]}",
        f"--hostname={record.hostname}",
        f"--uuid={record.machine_id}",
        *(() if registers else ("--register=no", "--keep-unit")),
        "--network-namespace-path=/proc/self/ns/net",
        "--capability=CAP_NET_ADMIN",
        "--console=read-only",
        "--link-journal=no",
        "--resolv-conf=off",
        "--timezone=off",
        f"--bind={world.volumes_folder}:{VOLUMES_INSIDE}",
        f"--bind-ro={folder / LINKS_FOLDER}:{LINKS_INSIDE}",
    )


def check_host() -> None:
    """Raises ToolMissing where this host cannot run machines: no root, or a program that is not installed."""

    if os.geteuid() != 0:
        raise ToolMissing("rehearsal machines need root", hint="run it as root; place, check and simulate do without")
    needed = ("systemd-nspawn", "unshare", "nsenter", "setsid", "setpriv", "ip", "nft", "mount", "mmdebstrap")
    missing = [tool for tool in needed if shutil.which(tool) is None]
    if missing:
        raise ToolMissing(f"not installed: {', '.join(missing)}", hint="run `make setup`")
