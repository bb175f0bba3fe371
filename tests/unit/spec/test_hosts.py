"""Hosts files: read into enrolled hosts, every error at its place in the hosts file."""

from decimal import Decimal
from pathlib import Path

import pytest

from orchestrator.model.errors import InvalidDocument
from orchestrator.spec import load_fleet
from orchestrator.spec.hosts import load_hosts
from tests.unit.specs import HOST_KEY, HOSTS, SPEC, change, write_spec


def write(folder: Path, text: str) -> Path:
    path = folder / "hosts.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_hosts_are_read_sorted_with_their_places(tmp_path: Path) -> None:
    second = HOSTS.partition("\n")[2].replace("metal-1", "iron-1").replace("192.0.2.11", "192.0.2.12")
    hosts = load_hosts(write(tmp_path, HOSTS + second))
    assert [(host.name, host.source.line) for host in hosts] == [("iron-1", 14), ("metal-1", 2)]
    assert (hosts[0].memory_gib, hosts[0].usd_per_month, hosts[0].port) == (Decimal(16), Decimal(60), 22)


ERRORS = [
    ("vcpus: 4", "vcpus: 0", "9:12", "hosts.metal-1.vcpus: 0 is too small: the least is 1", "larger"),
    ("vcpus: 4", "vcpus: true", "9:12", "hosts.metal-1.vcpus: True is not a whole number", "digits"),
    ("vcpus: 4", "vcpu: 4", "9:5", "unknown key hosts.metal-1.vcpu", "did you mean vcpus?"),
    ("    address: 192.0.2.11\n", "", "2:3", "hosts.metal-1.address is missing", "add it"),
    (
        "address: 192.0.2.11",
        "address: 192.0.2.11\n    port: 70000",
        "4:11",
        "hosts.metal-1.port: 70000 is too large",
        "",
    ),
    ("address: 192.0.2.11", "address: 192.0.2.11\n    name: x", "4:5", "unknown key hosts.metal-1.name", "its name"),
    (HOST_KEY, "AAAA", "4:15", "hosts.metal-1.host_key is no public SSH key", "ssh_host_ed25519_key.pub"),
    (HOST_KEY, f"{HOST_KEY} root@metal", "4:15", "hosts.metal-1.host_key is no public SSH key", "without its comment"),
    ("disk_kind: nvme", "disk_kind: nvm", "12:16", "hosts.metal-1.disk_kind: 'nvm' is not known", "did you mean nvme?"),
    ("  metal-1:", "  Metal 1:", "2:3", "hosts.Metal 1: 'Metal 1' is no name", "lower-case"),
    ("hosts:\n", "host:\n", "1:1", "hosts is missing", ""),
]


@pytest.mark.parametrize(("old", "new", "place", "message", "hint"), ERRORS)
def test_every_error_is_said_at_its_place(
    tmp_path: Path, old: str, new: str, place: str, message: str, hint: str
) -> None:
    path = write(tmp_path, change(HOSTS, old, new))
    with pytest.raises(InvalidDocument) as caught:
        load_hosts(path)
    lines = [line for line in str(caught.value).splitlines() if line.startswith(f"{path}:{place}: {message}")]
    assert len(lines) == 1, f"not once in\n{caught.value}"
    assert hint in lines[0]


@pytest.mark.parametrize("text", ["- metal-1\n", "metal-1\n", "hosts: [a]\n", "hosts:\n  metal-1: x\n"])
def test_what_is_no_hosts_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidDocument, match=r"hosts\.yaml:"):
        load_hosts(write(tmp_path, text))


def test_a_hosts_file_is_found_beside_its_spec_and_named_when_it_is_not_there(tmp_path: Path) -> None:
    spec = change(SPEC, "provider: hetzner, regions: [fsn1]", "provider: ssh, hosts: my/hosts.yaml")
    with pytest.raises(InvalidDocument, match=r"my/hosts\.yaml:1:1: hosts\.yaml does not exist"):
        load_fleet(write_spec(tmp_path, spec))
    (tmp_path / "my").mkdir()
    write(tmp_path / "my", HOSTS)
    assert load_fleet(write_spec(tmp_path, spec)).get_account("alpha").hosts[0].name == "metal-1"
