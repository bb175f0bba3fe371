"""Enrolled hosts: the hosts file of an ssh account, read into frozen values."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from orchestrator.documents.known_keys import Location
from orchestrator.documents.yaml_document import YamlDocument, read_yaml
from orchestrator.model.base import Frozen
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.host import EnrolledHost
from orchestrator.model.names import Name

PUBLIC_KEY = re.compile(r"^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/]+={0,3}$")


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
    problems = [
        document.problem(
            ("hosts", host.name, "host_key"),
            f"hosts.{host.name}.host_key is no public SSH key",
            "paste the line of /etc/ssh/ssh_host_ed25519_key.pub, without its comment",
        )
        for host in parsed.hosts.values()
        if not PUBLIC_KEY.match(host.host_key)
    ]
    if problems:
        raise InvalidDocument(problems)
    return tuple(sorted(parsed.hosts.values(), key=lambda host: host.name))


def name_each(document: YamlDocument, location: Location) -> Any:
    """The mapping of mappings at `location`, each told its place and the key that it stands under."""
    entries = document.with_sources(location)
    if not isinstance(entries, dict):
        return entries
    refuse_keys(document, location, entries, "name")
    return {name: {"name": name, **entry} if isinstance(entry, dict) else entry for name, entry in entries.items()}


def refuse_keys(document: YamlDocument, location: Location, entries: Mapping[Any, Any], key: str) -> None:
    """An entry may not give `key`, which the loader fills in."""
    problems = [
        OrchestratorError(
            f"unknown key {'.'.join(map(str, (*location, name, key)))}",
            hint="its name is the key that it stands under" if key == "name" else "",
            source=document.key_source_of((*location, name, key)),
        )
        for name, entry in entries.items()
        if isinstance(entry, dict) and key in entry
    ]
    if problems:
        raise InvalidDocument(problems)
