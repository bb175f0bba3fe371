"""Enrolled hosts in rehearsal: for each a plain machine, without any cloud API, that its owner has switched on."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from orchestrator.model.rehearsal import RehearsalRequest, RehearsedHost
from orchestrator.rehearsal.image import wait_for_port
from orchestrator.rehearsal.machine import NewMachine, create_machine, find_machine, start_machine
from orchestrator.rehearsal.outage import is_machine_lost
from orchestrator.rehearsal.pinned_image import read_pinned_image
from orchestrator.rehearsal.project import ACCESS_FILE, ensure_operator_key, make_ssh_key, write_if_changed
from orchestrator.rehearsal.world import World, allocate_address

BOOTS_AT_ONCE = 4


def ensure_hosts(world: World, request: RehearsalRequest) -> None:
    """Boots what is not there yet, and writes how each host is reached to the world's access file."""
    operator = ensure_operator_key(world).with_suffix(".pub").read_text(encoding="utf-8").strip()
    hosts = [(account.name, host) for account in request.accounts for host in account.hosts]
    with ThreadPoolExecutor(BOOTS_AT_ONCE) as pool:
        reached = list(pool.map(lambda entry: ensure_host(world, entry[0], entry[1], operator), hosts))
    access: dict[str, Any] = {
        "access": {"ssh_keys": [operator], "ssh_from": [f"{world.host_address}/32"]},
        "hosts": {account.name: {} for account in request.accounts if account.hosts},
    }
    for (account, host), reach in zip(hosts, reached, strict=True):
        access["hosts"][account][host.name] = reach
    write_if_changed(world.folder / ACCESS_FILE, access)


def ensure_host(world: World, account: str, host: RehearsedHost, operator: str) -> dict[str, Any]:
    """The machine that stands for one host, booted where it is missing; how it is reached."""
    name = f"{account}-{host.name}"
    key = world.folder / "hosts" / name
    if not key.with_name(f"{name}.pub").exists():
        key.unlink(missing_ok=True)
        make_ssh_key(key, name)
    address = allocate_address(world, name)
    status = find_machine(world, name)
    if status is None and not is_machine_lost(world, host.domains):
        machine = NewMachine(
            name=name,
            address=address,
            hostname=host.name,
            authorized_keys=(operator,),
            host_key_private=key.read_text(encoding="utf-8"),
            domains=host.domains,
        )
        create_machine(world, machine, read_pinned_image(world))
        wait_for_port(world, name, str(address))
    elif (
        status is not None and status.record.powered and not status.running and not is_machine_lost(world, host.domains)
    ):
        start_machine(world, name)  # this computer was restarted
        wait_for_port(world, name, str(address))
    kind, public, *_ = key.with_name(f"{name}.pub").read_text(encoding="utf-8").split()
    return {"address": str(address), "port": 22, "user": "root", "host_key": f"{kind} {public}"}
