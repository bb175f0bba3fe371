"""Enrolled hosts: the hosts file of an ssh account, read into frozen values."""

import re
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from orchestrator.documents.yaml_document import read_yaml
from orchestrator.model.base import Frozen
from orchestrator.model.errors import InvalidDocument
from orchestrator.model.fleet import Name
from orchestrator.model.host import EnrolledHost

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
        hosts = document.with_sources(("hosts",))
        data["hosts"] = name_each(hosts)
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


def name_each(entries: Any) -> Any:
    """A mapping of mappings, each told the key that it stands under."""
    if not isinstance(entries, dict):
        return entries
    return {name: {"name": name, **entry} if isinstance(entry, dict) else entry for name, entry in entries.items()}
