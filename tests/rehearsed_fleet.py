"""A fleet rehearsed for tests: a spec and a world of its own, and a list of whatever is left of it afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from orchestrator.adapters.pins import read_pins
from orchestrator.adapters.ssh import run_command
from orchestrator.lockfile import compute_revision, read_lock, write_lock
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.fleet import StackLayout
from orchestrator.model.lock import Lock, Machine
from orchestrator.rehearsal.record import MachineRecord, get_record
from orchestrator.rehearsal.world import World, compute_world_id, open_world

COMMAND = (sys.executable, "-m", "orchestrator.cli.main")
SECRET = "a-production-token"

GROUP = """
groups:
  btc:
    chain: bitcoin
    network: regtest
    count: {count}
    clients: {{node: [btcd]}}
    machine: {{vcpus: 2, memory: 4 GiB, disk: 100 GiB}}
policy:
  - {{name: evenly over accounts, skew: 1, per: account}}
"""
HOST = """
  {name}: {{operator: colo, region: ams, zone: cage-7, country: NL, vcpus: 4, memory_gib: 16, disk_gib: 480,
    disk_kind: nvme, usd_per_month: 60, address: 192.0.2.{number},
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbNXI8eGXU3dCcH0aixas0jBINWoLKmy9+wTxucqN0v}}
"""


@dataclass(frozen=True)
class Done:
    """How a command of the orchestrator ended."""

    code: int
    out: str
    err: str

    def read(self) -> Any:
        """The JSON answer."""
        return json.loads(self.out)


@dataclass(frozen=True)
class RehearsedFleet:
    """A spec in `folder`, and the commands on it.

    `regions` are the cloud accounts' ("aws/us-east-1"), Hetzner's where no provider is named; one account more is of
    `hosts`, where there are any.
    """

    name: str
    folder: Path
    regions: Mapping[str, str]
    hosts: int
    layout: StackLayout = "accounts"

    @property
    def spec(self) -> Path:
        return self.folder / "fleet.yaml"

    @property
    def lock_path(self) -> Path:
        return self.folder / "fleet.lock"

    @property
    def lock(self) -> Lock:
        lock = read_lock(self.lock_path)
        assert lock is not None
        return lock

    @cached_property
    def environment(self) -> dict[str, str]:
        """What every command is told: a state folder of the test's own, and production settings as a bait."""
        production = {
            "HCLOUD_TOKEN": SECRET,
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'production'}",
            "PULUMI_HOME": str(self.folder / "production-home"),
            "PULUMI_CONFIG_PASSPHRASE": SECRET,
        }
        return {**os.environ, **production, "XDG_STATE_HOME": str(self.folder / "state")}

    @property
    def world_folder(self) -> Path:
        return self.world.folder

    @cached_property
    def world(self) -> World:
        """The fleet's world, once there is one."""
        with self.at_home():
            return open_world(compute_world_id(self.name, self.spec))

    @contextmanager
    def at_home(self) -> Iterator[None]:
        """This process with the fleet's state folder as its own."""
        before = os.environ.get("XDG_STATE_HOME")
        os.environ["XDG_STATE_HOME"] = self.environment["XDG_STATE_HOME"]
        try:
            yield
        finally:
            if before is None:
                del os.environ["XDG_STATE_HOME"]
            else:
                os.environ["XDG_STATE_HOME"] = before

    def write_spec(self, count: int) -> None:
        accounts = [f"  {name}: {describe_cloud(place)}" for name, place in self.regions.items()]
        hosts = "".join(HOST.format(name=f"metal-{number}", number=number) for number in range(1, self.hosts + 1))
        (self.folder / "hosts.yaml").write_text(f"hosts:{hosts}")
        metal = ["  metal: {provider: ssh, hosts: hosts.yaml}"] if self.hosts else []
        head = [f"fleet: {self.name}", f"layout: {self.layout}", "accounts:"]
        text = "\n".join([*head, *accounts, *metal])
        self.spec.write_text(text + GROUP.format(count=count))

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Done:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=environment or self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def must(self, *arguments: str) -> Done:
        """The command, which must succeed."""
        done = self.run(*arguments)
        assert done.code == 0, f"{' '.join(arguments)}: {done.out}{done.err}"
        return done

    def rehearse(self, *arguments: str) -> Done:
        """The command in rehearsal, whatever it comes to; its answer is JSON."""
        return self.run(*arguments, "--rehearse", "--format", "json")

    @cached_property
    def engine_environment(self) -> dict[str, str]:
        """What `orchestrator rehearse env` tells plain `pulumi`."""
        told: dict[str, str] = self.must("rehearse", "env", "--format", "json").read()["environment"]
        return told

    def pulumi(
        self, *arguments: str, folder: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The plain CLI on the rehearsal, or on a project of the test's own in `folder`."""
        return subprocess.run(
            ["pulumi", "--non-interactive", "--color", "never", *arguments],
            cwd=folder or self.world_folder,
            env={**self.environment, **self.engine_environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def export(self, account: str, *options: str) -> str:
        """The account's state, as the engine keeps it."""
        done = self.pulumi("stack", "export", "--stack", account, *options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def list_resources(self, account: str) -> dict[str, dict[str, Any]]:
        """The account's resources, by name."""
        found = json.loads(self.export(account))["deployment"].get("resources", [])
        return {resource["urn"].rpartition("::")[2]: resource for resource in found}

    def get_machine(self, machine: str) -> Machine:
        return next(entry for entry in self.lock.machines if entry.machine == machine)

    def get_only_machine(self, account: str) -> Machine:
        """The machine of an account that has one."""
        (machine,) = self.lock.get_machines(account)
        return machine

    def list_cloud(self, account: str) -> list[Path]:
        """All that the rehearsed account has: a file each, in a folder a kind."""
        return sorted((self.world_folder / "accounts" / account).glob("*/*.json"))

    def get_record(self, machine: Machine) -> MachineRecord:
        """What the rehearsal keeps of a machine."""
        return get_record(self.world, self.name_in_world(machine))

    def name_in_world(self, machine: Machine) -> str:
        return f"{machine.account}-{machine.host}" if machine.host else f"{self.name}-{machine.hostname}"

    def ask(self, machine: Machine, command: str) -> str:
        """What a command prints on a machine, over SSH with the pinned host key."""
        pins = read_pins(self.world_folder / "fleet.hostkeys.json")
        keys = self.read_host_key(machine) if machine.host else pins[machine.machine]
        endpoint = Endpoint(
            machine=machine.machine, address=str(self.get_record(machine).address), user="root", host_keys=keys
        )
        done = run_command(endpoint, self.world_folder / "operator_ed25519", command)
        assert done.exit_code == 0, f"{machine.machine}: {command}: {done.stderr}"
        return done.stdout.strip()

    def read_host_key(self, machine: Machine) -> tuple[str, ...]:
        """The host key of an enrolled host."""
        public = self.world_folder / "hosts" / f"{self.name_in_world(machine)}.pub"
        return (" ".join(public.read_text().split()[:2]),)

    @contextmanager
    def with_lock(self, lock: Lock) -> Iterator[None]:
        """Another lock in place of the fleet's, with a revision that is its own."""
        before = self.lock
        write_lock(seal(lock), self.lock_path)
        try:
            yield
        finally:
            write_lock(before, self.lock_path)

    def clean(self) -> list[str]:
        """Removes every world of the fleet's state folder; whatever is still there of them."""
        state = Path(self.environment["XDG_STATE_HOME"])
        worlds = [path.name for path in (state / "node-orchestrator" / "rehearsal").glob("????????")]
        subprocess.run(
            [sys.executable, "-m", "orchestrator.rehearsal", "clean", "--all"],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return list_remains(state, worlds)


def describe_cloud(place: str) -> str:
    """A cloud account as the spec has it."""
    provider, _, region = place.rpartition("/")
    project = ", project: example-nodes" if provider == "gcp" else ""
    return f"{{provider: {provider or 'hetzner'}, regions: [{region}]{project}}}"


def seal(lock: Lock) -> Lock:
    """The lock with the revision that its content has."""
    return lock.model_copy(update={"header": lock.header.model_copy(update={"revision": compute_revision(lock)})})


def put_on_top(lock: Lock, machines: tuple[Machine, ...]) -> Lock:
    """A lock with other machines that descends from `lock`, as if someone had edited it by hand."""
    ancestors = (lock.header.revision, *lock.header.ancestors)
    return lock.model_copy(
        update={"machines": machines, "header": lock.header.model_copy(update={"ancestors": ancestors})}
    )


def list_remains(state: Path, worlds: list[str]) -> list[str]:
    """Processes, mounts, links, control groups and folders of those worlds that are still on this computer."""
    marks = [str(state), *worlds]
    mounts = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if any(m in line for m in marks)]
    links = [path.name for path in Path("/sys/class/net").iterdir() if any(world in path.name for world in worlds)]
    groups = [
        str(path)
        for path in Path("/sys/fs/cgroup").glob("**/*")
        if any(world in path.name for world in worlds) and path.is_dir()
    ]
    folders = [str(path) for path in (state / "node-orchestrator" / "rehearsal").glob("????????")]
    return [*mounts, *links, *groups, *folders, *list_processes(state)]


def list_processes(state: Path) -> list[str]:
    """The processes that were started with that state folder, but this one and its own ancestors; no zombies."""
    mark = str(state).encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            if mark in told:
                found.append(f"process {entry.name}: {(entry / 'cmdline').read_bytes().decode()!r}")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def make_fleet(name: str, folder: Path, regions: Mapping[str, str], hosts: int, count: int) -> RehearsedFleet:
    """A fleet with its spec and its lock."""
    folder.mkdir(parents=True, exist_ok=True)
    fleet = RehearsedFleet(name, folder, regions, hosts)
    fleet.write_spec(count)
    fleet.must("place")
    return fleet
