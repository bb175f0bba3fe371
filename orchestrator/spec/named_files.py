"""Which other files a spec names, before any of them is read: hosts files and policies of one's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestrator.documents.yaml_document import read_yaml
from orchestrator.spec.include import OWN_FILE


def list_named_files(path: Path) -> tuple[str, ...]:
    """The files that the spec at `path` names, as it names them: relative to its folder. InvalidDocument if no YAML."""
    data = read_yaml(path).data
    return tuple(dict.fromkeys(_find(data))) if isinstance(data, dict) else ()


def _find(data: dict[str, Any]) -> Iterator[str]:
    accounts = data.get("accounts")
    for account in accounts.values() if isinstance(accounts, dict) else ():
        hosts = account.get("hosts") if isinstance(account, dict) else None
        if isinstance(hosts, str):
            yield hosts
    included = data.get("include")
    for name in included if isinstance(included, list) else ():
        if isinstance(name, str) and name.endswith(OWN_FILE):
            yield name
