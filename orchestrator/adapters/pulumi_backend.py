"""Where Pulumi keeps state and what encrypts it: found as Pulumi finds it, so that what is missing is said early."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.documents.yaml_document import read_yaml
from orchestrator.model.errors import RemoteFailure, ToolMissing

URL_VARIABLE = "PULUMI_BACKEND_URL"
TOKEN_VARIABLE = "PULUMI_ACCESS_TOKEN"  # noqa: S105  # a variable's name
PASSPHRASE_VARIABLE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105
PASSPHRASE_FILE_VARIABLE = "PULUMI_CONFIG_PASSPHRASE_FILE"  # noqa: S105
SERVICE = "https://api.pulumi.com"  # Pulumi's own, where a token is all that is given
SERVICE_SCHEMES = ("https://", "http://")  # a Pulumi service keeps the secrets' keys itself
BY_PASSPHRASE = "passphrase"  # noqa: S105  # the name of a way
BY_DEFAULT = "default"  # the backend's own way: the service's keys, else a passphrase


@dataclass(frozen=True)
class Backend:
    """A backend's URL, and who names it: a variable, a file, or the login."""

    url: str
    said_by: str

    @property
    def keeps_secrets(self) -> bool:
        """Whether it encrypts by itself where nothing else is asked for."""
        return self.url.startswith(SERVICE_SCHEMES)


def find_backend(folder: Path, environment: Mapping[str, str]) -> Backend | None:
    """The backend that the CLI uses in a project's `folder`; None where it is logged in to none.

    The order is the CLI's own: the variable, the project file, the login.
    """
    named = find_named_backend(folder, environment)
    if named is not None:
        return named
    home = Path(environment.get("PULUMI_CREDENTIALS_PATH") or environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    current = read_login(home / "credentials.json")
    if current:
        return Backend(current, "pulumi login")
    return Backend(SERVICE, TOKEN_VARIABLE) if environment.get(TOKEN_VARIABLE) else None


def find_named_backend(folder: Path, environment: Mapping[str, str]) -> Backend | None:
    """The backend that is asked for, by the variable or by the project file; the login is not looked at."""
    if environment.get(URL_VARIABLE):
        return Backend(environment[URL_VARIABLE], URL_VARIABLE)
    path = folder / "Pulumi.yaml"
    project = read_yaml(path).data if path.is_file() else None
    backend = project.get("backend") if isinstance(project, dict) else None
    url = backend.get("url") if isinstance(backend, dict) else None
    return Backend(str(url), str(path)) if url else None


def read_login(path: Path) -> str | None:
    """The backend that `pulumi login` was last told; None where there is none."""
    try:
        current = json.loads(path.read_text(encoding="utf-8")).get("current")
    except (FileNotFoundError, ValueError, AttributeError):
        return None
    return str(current) if current else None


def require_backend(folder: Path, environment: Mapping[str, str]) -> Backend:
    """The backend; ToolMissing where none is set."""
    backend = find_backend(folder, environment)
    if backend is None:
        hint = f"write control.state.url in the spec, or set {URL_VARIABLE}, or run pulumi login"
        raise ToolMissing("the Pulumi backend cannot be used: none is set", hint=hint)
    return backend


def require_secrets(
    folder: Path, backend: Backend, stacks: Iterable[str], wanted: str | None, environment: Mapping[str, str]
) -> None:
    """Makes sure that every stack's secrets can be read; `wanted` is the secrets provider that the spec names.

    Raises RemoteFailure where a stack is encrypted by another provider than `wanted`, ToolMissing where a passphrase is
    needed and not told.
    """
    found = {stack: read_secrets_provider(folder / f"Pulumi.{stack}.yaml") for stack in stacks}
    for stack, provider in found.items():
        if wanted is not None and provider is not None and to_way(wanted, backend) != to_way(provider, backend):
            raise RemoteFailure(
                f"stack {stack} is encrypted by {to_way(provider, backend)}, and control.secrets.url says {wanted}",
                hint=f"run pulumi stack change-secrets-provider --stack {stack} '{wanted}' in {folder}",
            )
    ways = {to_way(provider or wanted or BY_DEFAULT, backend) for provider in found.values()}
    if BY_PASSPHRASE in ways:
        require_passphrase(environment)


def require_passphrase(environment: Mapping[str, str]) -> None:
    """ToolMissing where no passphrase is told, or its file cannot be read. An empty one counts: the CLI takes it."""
    path = environment.get(PASSPHRASE_FILE_VARIABLE)
    if environment.get(PASSPHRASE_VARIABLE) is not None or (path and os.access(path, os.R_OK)):
        return
    if path:
        hint = f"{PASSPHRASE_FILE_VARIABLE} names it"
        raise ToolMissing(f"the file with the stacks' passphrase, {path}, cannot be read", hint=hint)
    hint = f"set {PASSPHRASE_VARIABLE} or {PASSPHRASE_FILE_VARIABLE}, or name a KMS as control.secrets.url in the spec"
    raise ToolMissing("the passphrase that encrypts the stacks' secrets is not set", hint=hint)


def read_secrets_provider(path: Path) -> str | None:
    """What a stack's own file says it is encrypted by; None where there is no stack yet."""
    settings = read_yaml(path).data if path.is_file() else None
    if not isinstance(settings, dict):
        return None
    if "secretsprovider" in settings:
        return str(settings["secretsprovider"])
    return BY_PASSPHRASE if "encryptionsalt" in settings else None


def to_way(provider: str, backend: Backend) -> str:
    """The secrets provider with the backend's default spelt out."""
    if provider != BY_DEFAULT:
        return provider
    return "the service" if backend.keeps_secrets else BY_PASSPHRASE
