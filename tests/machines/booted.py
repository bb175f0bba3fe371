"""Enrolled hosts that tests of the roles boot for themselves, and how they are reached."""

import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.adapters.ssh import HostKeyMismatch, connect
from orchestrator.model.endpoint import Endpoint
from orchestrator.model.errors import RemoteFailure
from orchestrator.rehearsal.image import render_private_key, render_public_key
from orchestrator.rehearsal.machine import NewMachine, create_machine
from orchestrator.rehearsal.world import World, allocate_address

SECONDS = 60.0


def write_identity(path: Path) -> str:
    """Makes the operator's key at `path`; the public key."""
    operator = Ed25519PrivateKey.generate()
    path.touch(mode=0o600)
    path.write_text(render_private_key(operator))
    return render_public_key(operator)


def boot(world: World, machine: str, authorized: str) -> Endpoint:
    """Starts a machine with a volume of its own; its host key is a single-use one."""
    name, host_key = machine.replace(".", "-"), Ed25519PrivateKey.generate()
    address = allocate_address(world, name)
    spec = NewMachine(
        name=name,
        address=address,
        hostname=name,
        authorized_keys=(authorized,),
        host_key_private=render_private_key(host_key),
        volumes={name: Path(find_volume(machine)).name},
    )
    create_machine(world, spec)
    return Endpoint(machine=machine, address=str(address), bootstrap_host_key=render_public_key(host_key))


def is_up(endpoint: Endpoint, identity: Path) -> bool:
    """Whether the machine answers SSH with its own host key."""
    try:
        connect(endpoint, identity).close()
    except HostKeyMismatch:
        raise
    except RemoteFailure:
        return False
    return True


def find_volume(machine: str) -> str:
    """The device of the volume that `boot` gives a machine."""
    return f"/dev/disk/by-id/scsi-0HC_Volume_{machine.replace('.', '-')}"


def wait_until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Waits until it holds; a failure where it does not come about in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.3)
