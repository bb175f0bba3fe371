"""A spec as people write one, and folders to keep it in, for tests of all that reads specs."""

from pathlib import Path

SPEC = """\
fleet: demo

accounts:
  alpha: {provider: hetzner, regions: [fsn1]}
  beta: {provider: hetzner, regions: [hel1]}

groups:
  btc:
    chain: bitcoin
    network: regtest
    count: 4
    clients: {node: [btcd]}
    machine: {vcpus: 2, memory: 4 GiB, disk: 100 GiB}

policy:
  - {name: half, cap: 50%, per: account}
"""

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBbNXI8eGXU3dCcH0aixas0jBINWoLKmy9+wTxucqN0v"

HOSTS = f"""\
hosts:
  metal-1:
    address: 192.0.2.11
    host_key: {HOST_KEY}
    operator: example-colo
    region: ams
    zone: cage-7
    country: NL
    vcpus: 4
    memory_gib: 16
    disk_gib: 480
    disk_kind: nvme
    usd_per_month: 60
"""


def change(text: str, old: str, new: str) -> str:
    """The text with `old`, which must stand in it once, in another way."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


def write_spec(folder: Path, text: str = SPEC, hosts: str | None = None) -> Path:
    """Writes fleet.yaml, and hosts.yaml where it is given; the path of the spec."""
    path = folder / "fleet.yaml"
    path.write_text(text, encoding="utf-8")
    if hosts is not None:
        (folder / "hosts.yaml").write_text(hosts, encoding="utf-8")
    return path
