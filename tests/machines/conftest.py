"""Real machines for tests: a world of their own, keys of their own, and a check that nothing is left of them."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.rehearsal.image import ensure_base_image, render_private_key, render_public_key
from orchestrator.rehearsal.machine import NewMachine
from orchestrator.rehearsal.process import find_processes
from orchestrator.rehearsal.world import World, allocate_address, clean_world, create_world

BOOT_SECONDS = 90.0


@dataclass(frozen=True)
class Keys:
    """An operator's and a host's key pair, in OpenSSH's form."""

    private: str
    public: str

    @classmethod
    def make(cls) -> "Keys":
        key = Ed25519PrivateKey.generate()
        return cls(render_private_key(key), render_public_key(key))


OPERATOR = Keys.make()


@dataclass(frozen=True)
class Reach:
    """How one machine is reached, its host key pinned."""

    spec: NewMachine
    host: Keys
    folder: Path

    def run(self, command: str, timeout: float = 5.0) -> subprocess.CompletedProcess[str]:
        identity, known = self.folder / "test-identity", self.folder / f"test-known-{self.spec.name}"
        identity.touch(mode=0o600)
        identity.write_text(OPERATOR.private)
        known.write_text(f"{self.spec.address} {self.host.public}\n")
        options = {
            "UserKnownHostsFile": known,
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "ConnectTimeout": int(timeout),
            "BatchMode": "yes",
            "IdentitiesOnly": "yes",
        }
        flags = [flag for key, value in options.items() for flag in ("-o", f"{key}={value}")]
        ssh = ["ssh", "-F", "none", "-i", str(identity), *flags, f"root@{self.spec.address}", command]
        return subprocess.run(ssh, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    def ask(self, command: str) -> str:
        """What the command prints; waits until the machine answers, fails where the command does."""
        deadline = time.monotonic() + BOOT_SECONDS
        done = self.run(command)
        while done.returncode == 255 and time.monotonic() < deadline:
            time.sleep(0.2)
            done = self.run(command)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="session")
def base_image() -> Path:
    if os.geteuid() != 0:
        pytest.skip("machines need root")
    return ensure_base_image(print)


@pytest.fixture
def world(base_image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world in a state folder of the test's own; afterwards nothing of it may be left."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = create_world("test", tmp_path / "fleet.yaml")
    yield made
    clean_world(made)
    assert list_remains(made) == []


@pytest.fixture
def make_spec(world: World) -> Callable[..., Reach]:
    """Specifications of enrolled hosts, or of cloud servers (`cloud=True`) with the host key in their user data."""

    def make(name: str, *, cloud: bool = False, **changes: object) -> Reach:
        host = Keys.make()
        config = {
            "hostname": f"from-user-data-{name}",
            "ssh_deletekeys": True,
            "ssh_keys": {"ed25519_private": host.private, "ed25519_public": host.public},
            "disable_root": False,
            "write_files": [{"path": "/etc/told", "content": "by user data\n"}],
            "runcmd": ["touch /run/ran"],
        }
        birth = {"user_data": f"#cloud-config\n{json.dumps(config)}\n"} if cloud else {"host_key_private": host.private}
        facts = {
            "name": name,
            "address": allocate_address(world, name),
            "hostname": name,
            "authorized_keys": (OPERATOR.public,),
        }
        return Reach(NewMachine.model_validate(facts | birth | changes), host, world.folder)

    return make


def list_remains(world: World) -> list[str]:
    """Whatever still shows of the world on this host."""
    mounts = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if world.id in line]
    links = [path.name for path in Path("/sys/class/net").iterdir() if world.id in path.name]
    groups = [str(path) for path in Path("/sys/fs/cgroup").glob("**/*") if world.id in path.name and path.is_dir()]
    folder = [str(world.folder)] if world.folder.exists() else []
    return [*mounts, *links, *groups, *map(str, find_processes(world.folder)), *folder]
