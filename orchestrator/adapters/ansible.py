"""Configures machines with Ansible, through ansible-runner: values in, small progress events and outcomes out."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import ansible_runner

from orchestrator.adapters.ssh import render_known_hosts
from orchestrator.folders import find_asset
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import ToolMissing
from orchestrator.model.host_config import ClientConfig, Genesis, HostConfig, compute_configuration_digest

FORKS = 20
LONGEST_SOCKET_FOLDER = 60  # a Unix socket's whole path has room for 107 bytes, and OpenSSH appends up to 30
LONGEST_ERROR = 1000

TaskStatus = Literal["running", "ok", "changed", "skipped", "failed", "unreachable"]


@dataclass(frozen=True)
class TaskEvent:
    """A task on a machine took up or left its work."""

    machine: str
    task: str
    status: TaskStatus


@dataclass(frozen=True)
class HostOutcome:
    """How a machine's configuration ended; `changed` counts tasks, `error` is what the failed task said."""

    machine: str
    status: Literal["ok", "failed", "unreachable"]
    changed: int = 0
    error: str | None = None


OnEvent = Callable[[TaskEvent], None]


def configure_hosts(
    hosts: Sequence[HostConfig], identity: Path, folder: Path, on_event: OnEvent, *, forks: int = FORKS
) -> dict[str, HostOutcome]:
    """Brings every machine to its configuration; one that fails or is out of reach holds up no other.

    `folder` takes the run's private files and the log of the last run. Raises ToolMissing where no OpenSSH client is
    installed.
    """
    digest = compute_ansible_folder_digest()
    folders = {client.artifact_folder for client in _list_clients(hosts)}
    folders |= {host.genesis.folder for host in hosts if host.genesis}
    checksums = {folder: hash_folder(Path(folder)) for folder in sorted(folders)}
    variables = {host.machine: build_host_variables(host, digest, checksums) for host in hosts}
    endpoints = [host.endpoint for host in hosts]
    return run_playbook(Playbook("configure.yml", endpoints, variables, forks), identity, folder, on_event)


def prepare_image(endpoint: Endpoint, identity: Path, folder: Path, on_event: OnEvent) -> HostOutcome:
    """Applies the base to the one machine that an image is made from."""
    outcomes = run_playbook(Playbook("image.yml", [endpoint], {endpoint.machine: {}}, 1), identity, folder, on_event)
    return outcomes[endpoint.machine]


def compute_ansible_folder_digest() -> str:
    """The digest of all that Ansible's folder holds, as "sha256:…"."""
    return compute_folder_digest(find_asset("ansible"))


def compute_folder_digest(folder: Path) -> str:
    """The digest of all that a folder holds, as "sha256:…"."""
    text = "".join(f"{checksum}  {path}\n" for path, checksum in hash_folder(folder).items())
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def hash_folder(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file, by its path in the folder, sorted; what Python compiled is left out."""
    checksums = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            with path.open("rb") as content:
                checksums[path.relative_to(folder).as_posix()] = hashlib.file_digest(content, "sha256").hexdigest()
    return checksums


def build_host_variables(
    host: HostConfig, ansible_folder_digest: str, checksums: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """The host's variables as the roles read them; `checksums` are by folder on this side, then by file."""
    return {
        "machine_hostname": host.hostname,
        "volume_device": host.volume_device,
        "configuration_digest": compute_configuration_digest(host, ansible_folder_digest),
        "development_network": _describe_genesis(host.genesis, checksums) if host.genesis else None,
        "clients": [
            {
                "name": client.name,
                "role": client.role,
                "network": client.network,
                "ports": client.ports,
                "artifact_folder": client.artifact_folder,
                "artifact_digest": _name_on_machine(client.artifact_digest),
                "artifact_files": {
                    f"{client.name}/{_name_on_machine(client.artifact_digest)}/{path}": checksum
                    for path, checksum in checksums[client.artifact_folder].items()
                },
                "peers": sorted(client.peers),
            }
            for client in host.clients
        ],
    }


def _describe_genesis(genesis: Genesis, checksums: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    path = f"{genesis.name}/{_name_on_machine(genesis.digest)}"
    files = {f"{path}/{name}": checksum for name, checksum in checksums[genesis.folder].items()}
    return {"folder": genesis.folder, "path": path, "files": files}


def _name_on_machine(digest: str) -> str:
    """A folder's name on the machine: the digest of its content, without the colon that PATH-like lists cannot hold."""
    return digest.replace(":", "-")


def _list_clients(hosts: Sequence[HostConfig]) -> Iterator[ClientConfig]:
    return (client for host in hosts for client in host.clients)


@dataclass(frozen=True)
class Playbook:
    """A playbook of ansible/playbooks/, the machines it is for, and their variables by machine."""

    name: str
    endpoints: Sequence[Endpoint]
    variables: Mapping[str, Mapping[str, Any]]
    forks: int


def run_playbook(playbook: Playbook, identity: Path, folder: Path, on_event: OnEvent) -> dict[str, HostOutcome]:
    """Runs the playbook and returns an outcome for every machine, in their order."""
    if not playbook.endpoints:
        return {}
    if shutil.which("ssh") is None:
        raise ToolMissing("no ssh program is on PATH", hint="install the package openssh-client")
    folder.mkdir(parents=True, exist_ok=True)
    account = _Account(on_event)
    with tempfile.TemporaryDirectory(prefix="ansible-", dir=folder) as private, _hold_sockets(Path(private)) as sockets:
        known_hosts = Path(private) / "known_hosts"
        known_hosts.write_text(render_known_hosts(playbook.endpoints), encoding="utf-8")
        runner = ansible_runner.run(
            private_data_dir=private,
            project_dir=str(find_asset("ansible")),
            playbook=f"playbooks/{playbook.name}",
            inventory=render_inventory(playbook, identity, known_hosts),
            envvars=_build_environment(Path(private), sockets),
            forks=playbook.forks,
            event_handler=account.handle,
            quiet=True,
            settings={"idle_timeout": 900, "suppress_ansible_output": True},
        )
        log = Path(runner.config.artifact_dir) / "stdout"
        text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        (folder / "ansible.log").write_text(text, encoding="utf-8")
    return {endpoint.machine: account.judge(endpoint.machine, text) for endpoint in playbook.endpoints}


def render_inventory(playbook: Playbook, identity: Path, known_hosts: Path) -> dict[str, Any]:
    """The inventory: how each machine is reached, by its pinned key alone, and its variables."""
    return {
        "all": {
            "hosts": {
                endpoint.machine: {
                    "ansible_host": endpoint.address,
                    "ansible_port": endpoint.port,
                    "ansible_user": endpoint.user,
                    "ansible_become": endpoint.user != "root",
                    "ansible_ssh_private_key_file": str(identity.absolute()),
                    "ansible_ssh_common_args": (
                        f"-o HostKeyAlias={endpoint.machine} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes "
                        f"-o UserKnownHostsFile={known_hosts} -o GlobalKnownHostsFile=/dev/null -F /dev/null"
                    ),
                    **playbook.variables[endpoint.machine],
                }
                for endpoint in playbook.endpoints
            }
        }
    }


def _build_environment(private: Path, sockets: Path) -> dict[str, str]:
    """Ansible's environment: our configuration, nothing of the user's home, the programs of this Python's folder."""
    programs = Path(sys.executable).parent
    return {
        "ANSIBLE_CONFIG": str(find_asset("ansible") / "ansible.cfg"),
        "ANSIBLE_HOME": str(private / "home"),
        "ANSIBLE_LOCAL_TEMP": str(private / "tmp"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets),
        "PATH": f"{programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    }


@contextmanager
def _hold_sockets(private: Path) -> Iterator[Path]:
    """A folder for SSH's shared connections, which are closed at the end: else they would live on for a minute."""
    short = tempfile.gettempdir() if len(str(private)) > LONGEST_SOCKET_FOLDER else private
    with tempfile.TemporaryDirectory(prefix="ssh-", dir=short) as name:
        sockets = Path(name)
        try:
            yield sockets
        finally:
            for socket in sockets.iterdir():
                close = ["ssh", "-F", "/dev/null", "-o", f"ControlPath={socket}", "-O", "exit", "machine"]
                subprocess.run(close, capture_output=True, check=False, timeout=10)


class _Account:
    """Keeps account of one run from ansible-runner's events."""

    def __init__(self, on_event: OnEvent) -> None:
        self.on_event = on_event
        self.errors: dict[str, str] = {}
        self.unreachable: set[str] = set()
        self.changed: dict[str, int] = {}
        self.finished: set[str] = set()

    def handle(self, event: Mapping[str, Any]) -> bool:
        """Takes in one event; the answer tells ansible-runner to keep no file of it."""
        data = event.get("event_data", {})
        if event["event"] == "playbook_on_stats":
            self.changed = dict(data.get("changed", {}))
            self.finished = set(data.get("ok", {})) - set(data.get("failures", {})) - set(data.get("dark", {}))
        status = read_status(event["event"], data)
        if status is not None:
            self.note(data["host"], TaskEvent(data["host"], data.get("task", ""), status), data.get("res", {}))
        return False

    def note(self, machine: str, event: TaskEvent, result: Mapping[str, Any]) -> None:
        """Remembers what a failed task said and passes the event on."""
        if event.status in {"failed", "unreachable"}:
            self.errors.setdefault(machine, f"{event.task}: {read_error(result)}")
        if event.status == "unreachable":
            self.unreachable.add(machine)
        self.on_event(event)

    def judge(self, machine: str, log: str) -> HostOutcome:
        """The machine's outcome. One that no task ran on failed with the run itself, whose log's end says why."""
        changed = self.changed.get(machine, 0)
        if machine in self.unreachable:
            return HostOutcome(machine, "unreachable", changed, self.errors[machine])
        if machine in self.errors:
            return HostOutcome(machine, "failed", changed, self.errors[machine])
        if machine not in self.finished:
            return HostOutcome(machine, "failed", changed, f"Ansible did not finish: {log.strip()[-LONGEST_ERROR:]}")
        return HostOutcome(machine, "ok", changed)


def read_status(kind: str, data: Mapping[str, Any]) -> TaskStatus | None:
    """What an ansible-runner event says of a task on a machine; None for events that say nothing of one."""
    match kind:
        case "runner_on_start":
            return "running"
        case "runner_on_ok":
            return "changed" if data.get("res", {}).get("changed") else "ok"
        case "runner_on_skipped":
            return "skipped"
        case "runner_on_failed":
            return "ok" if data.get("ignore_errors") else "failed"
        case "runner_on_unreachable":
            return "unreachable"
        case _:
            return None


def read_error(result: Mapping[str, Any]) -> str:
    """What a failed task said, from where modules put it: a failed item's, then message and the end of its output."""
    failed_items = [item for item in result.get("results", ()) if isinstance(item, Mapping) and item.get("failed")]
    if failed_items:
        return read_error(failed_items[0])
    parts = [str(result[key]).strip() for key in ("msg", "stderr", "module_stderr", "stdout") if result.get(key)]
    return "; ".join(dict.fromkeys(part[-LONGEST_ERROR:] for part in parts)) or "it failed without a word"
