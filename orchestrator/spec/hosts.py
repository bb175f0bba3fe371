"""Enrolled hosts: the hosts file of an ssh account, read into frozen values."""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from orchestrator.documents.known_keys import Location
from orchestrator.documents.yaml_document import YamlDocument, by_place, read_yaml
from orchestrator.model.base import Frozen
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.host import EnrolledHost
from orchestrator.model.names import Name
from orchestrator.model.ssh_key import describe_bad_key

# A host name by RFC 1123, and a login name as useradd takes it.
LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST_NAME = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*")
LOGIN_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


class HostsFile(Frozen):
    """A hosts file as it is written: hosts by name."""

    hosts: dict[Name, EnrolledHost]


HOSTS_FILE = TypeAdapter(HostsFile)


def load_hosts(path: Path) -> tuple[EnrolledHost, ...]:
    """The enrolled hosts of the file at `path`, sorted by name; InvalidDocument with every problem."""
    document = read_yaml(path)
    if not isinstance(document.data, dict):
        raise InvalidDocument(
            [document.problem((), "a hosts file is a mapping with the key hosts", "see docs/spec.md")]
        )
    data: dict[str, Any] = dict(document.data)
    if "hosts" in data:
        data["hosts"] = name_each(document, ("hosts",))
    parsed: HostsFile = document.validate(HOSTS_FILE, data)
    problems = [problem for host in parsed.hosts.values() for problem in find_host_problems(document, host)]
    problems += find_shared_addresses(document, parsed.hosts.values())
    if problems:
        raise InvalidDocument(sorted(problems, key=by_place))
    return tuple(sorted(parsed.hosts.values(), key=lambda host: host.name))


def find_host_problems(document: YamlDocument, host: EnrolledHost) -> Iterator[OrchestratorError]:
    """What types cannot say of one host: a key, an address or a login that SSH could not use."""
    place = ("hosts", host.name)
    bad_key = describe_bad_key(host.host_key) or ("no public SSH key alone" if host.host_key.count(" ") > 1 else "")
    if bad_key:
        hint = "paste the line of /etc/ssh/ssh_host_ed25519_key.pub, without its comment"
        yield document.problem((*place, "host_key"), f"hosts.{host.name}.host_key is {bad_key}", hint)
    if not is_address(host.address):
        message = f"hosts.{host.name}.address: {host.address[:80]!r} is neither an IP address nor a host name"
        hint = "write such as 192.0.2.11 or host.example.com; port and user have keys of their own"
        yield document.problem((*place, "address"), message, hint)
    if not LOGIN_NAME.fullmatch(host.user):
        message = f"hosts.{host.name}.user: {host.user[:80]!r} is no login name"
        yield document.problem((*place, "user"), message, "write such as root or admin")


def is_address(text: str) -> bool:
    """Whether SSH can be told to connect there; four numbers are an address or nothing."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return bool(HOST_NAME.fullmatch(text)) and not text.rpartition(".")[2].isdigit()
    return True


def find_shared_addresses(document: YamlDocument, hosts: Iterable[EnrolledHost]) -> Iterator[OrchestratorError]:
    """Hosts at an address and port that another host of the file has: one machine would be counted twice."""
    seen: dict[tuple[str, int], EnrolledHost] = {}
    for host in hosts:
        first = seen.setdefault((host.address.lower(), host.port), host)
        if first is not host:
            message = f"hosts.{host.name} has the address of {first.name}"
            yield document.problem(("hosts", host.name, "address"), message, "one machine is one host")


def name_each(document: YamlDocument, location: Location) -> Any:
    """The mapping of mappings at `location`, each told its place and the key that it stands under."""
    entries = document.with_sources(location)
    if not isinstance(entries, dict):
        return entries
    refuse_keys(document, location, entries, "name")
    return {name: {"name": name, **entry} if isinstance(entry, dict) else entry for name, entry in entries.items()}


def refuse_keys(document: YamlDocument, location: Location, entries: Mapping[Any, Any], *keys: str) -> None:
    """An entry may not give any of `keys`, which the loader fills in."""
    problems = [
        OrchestratorError(
            f"unknown key {'.'.join(map(str, (*location, name, key)))}",
            hint="its name is the key that it stands under" if key == "name" else "",
            source=document.key_source_of((*location, name, key)),
        )
        for key in keys
        for name, entry in entries.items()
        if isinstance(entry, dict) and key in entry
    ]
    if problems:
        raise InvalidDocument(problems)
