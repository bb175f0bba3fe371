"""A world's network: one bridge and a /24 of its own, that only the host can reach and that leads nowhere."""

import hashlib
import json
import subprocess
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from orchestrator.model.errors import OrchestratorError, RemoteFailure, ToolMissing

# A corner of the private range 10/8 (RFC 1918) that the common tools leave alone.
POOL = IPv4Network("10.213.0.0/16")
PREFIX = 24
BRIDGE_PREFIX = "noh-"


def run_tool(command: Sequence[str], text: str | None = None) -> str:
    """Runs a program of the host, with `text` as its input; returns what it prints. RemoteFailure with its words."""
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ToolMissing(f"{command[0]} is not installed", hint="run `make setup`") from None
    if done.returncode:
        raise RemoteFailure(f"{' '.join(command)} failed: {done.stderr.strip() or f'exit code {done.returncode}'}")
    return done.stdout


def pick_subnet(seed: str, taken: Iterable[IPv4Network]) -> IPv4Network:
    """The /24 of the pool that `seed` falls on, moved on past those that overlap `taken`."""
    subnets = list(POOL.subnets(new_prefix=PREFIX))
    busy = [network for network in taken if network.overlaps(POOL)]
    start = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:2]) % len(subnets)
    for subnet in (*subnets[start:], *subnets[:start]):
        if not any(subnet.overlaps(network) for network in busy):
            return subnet
    raise OrchestratorError(
        f"every /{PREFIX} of {POOL} is in use on this machine", hint="`rehearse list` shows by what"
    )


def parse_routes(text: str) -> tuple[IPv4Network, ...]:
    """The destinations in the output of `ip -json route show table all`; the default route is none."""
    found = []
    for route in json.loads(text or "[]"):
        destination = str(route.get("dst", "default"))
        if destination != "default" and ":" not in destination:
            found.append(IPv4Network(destination, strict=False))
    return tuple(network for network in found if network.prefixlen > 0)


def list_routes() -> tuple[IPv4Network, ...]:
    """Every IPv4 network that this host has a route to."""
    return parse_routes(run_tool(["ip", "-4", "-json", "route", "show", "table", "all"]))


def get_host_address(subnet: IPv4Network) -> IPv4Address:
    """The host's own address in a world's subnet: the first one."""
    return subnet[1]


def compute_mac(address: IPv4Address) -> str:
    """A machine's hardware address, always the same for its address: nobody's neighbour table goes stale."""
    return ":".join(f"{byte:02x}" for byte in (0x02, 0x6E, *address.packed))


def compute_veth(world_id: str, address: IPv4Address) -> str:
    """The name of the host's end of a machine's cable; 14 characters at most (the kernel allows 15)."""
    return f"nv{world_id}-{address.packed[3]}"


def ensure_bridge(name: str, subnet: IPv4Network) -> None:
    """Makes the bridge with the host's address on it, or completes one that an interrupted run left."""
    if not has_link(name):
        run_tool(["ip", "link", "add", name, "address", compute_mac(get_host_address(subnet)), "type", "bridge"])
    # What arrives from the machines goes no further than this host, whatever its forwarding is set to.
    for family, setting, value in (("ipv4", "forwarding", "0"), ("ipv6", "disable_ipv6", "1")):
        path = Path("/proc/sys/net") / family / "conf" / name / setting
        if path.exists():
            path.write_text(value)
    run_tool(["ip", "address", "replace", f"{get_host_address(subnet)}/{PREFIX}", "dev", name])
    run_tool(["ip", "link", "set", name, "up"])


def has_link(name: str) -> bool:
    """Whether this host has a network interface of that name."""
    return (Path("/sys/class/net") / name).exists()


def delete_link(name: str) -> None:
    """Deletes the interface of that name; for a cable's end the other end goes too. Nothing where it is gone."""
    if has_link(name):
        try:
            run_tool(["ip", "link", "delete", name])
        except RemoteFailure:
            if has_link(name):  # else the kernel was quicker
                raise


def list_cables(world_id: str) -> tuple[str, ...]:
    """The host's ends of all cables of a world that still exist."""
    return tuple(sorted(path.name for path in Path("/sys/class/net").glob(f"nv{world_id}-*")))
