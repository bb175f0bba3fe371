"""The spec's section `control`: told where it stands, and what its types cannot say of it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from orchestrator.documents.known_keys import suggest
from orchestrator.documents.yaml_document import YamlDocument
from orchestrator.model.control import ControlPart, ControlPlane
from orchestrator.model.errors import OrchestratorError

SECTION = "control"
ENROLLED = "ssh"

# What Pulumi takes: backends by the scheme of their URL, secrets providers by that or by their name.
STATE_SCHEMES = ("file", "s3", "gs", "azblob", "https", "http")
SECRETS_SCHEMES = ("passphrase", "awskms", "gcpkms", "azurekeyvault", "hashivault", "default")


def place_control(document: YamlDocument) -> Any:
    """The section with itself, its parts and their replicas told their places; other data is left for validation."""
    parts = document.with_sources((SECTION,))
    if not isinstance(parts, dict):
        return parts
    placed = {name: place_replicas(document, name, part) for name, part in parts.items()}
    return document.add_source(placed, (SECTION,))


def place_replicas(document: YamlDocument, name: str, part: Any) -> Any:
    """One part, with each of its replicas told its place."""
    if not isinstance(part, dict) or not isinstance(part.get("replicas"), list):
        return part
    place = (SECTION, name, "replicas")
    return part | {
        "replicas": [document.add_source(each, (*place, index)) for index, each in enumerate(part["replicas"])]
    }


def find_control_problems(document: YamlDocument, control: ControlPlane) -> Iterator[OrchestratorError]:
    """URLs that Pulumi does not take, and keepers that are nobody."""
    for name, known in (("state", STATE_SCHEMES), ("secrets", SECRETS_SCHEMES)):
        part = getattr(control, name)
        if part is not None and part.url is not None:
            scheme = urlsplit(part.url).scheme or part.url
            if scheme not in known:
                problem = f"{SECTION}.{name}.url: Pulumi has no {scheme} for this"
                yield document.problem((SECTION, name, "url"), problem, suggest(scheme, known))
    for name in ControlPlane.model_fields:
        part = getattr(control, name)
        if isinstance(part, ControlPart):
            yield from find_nobodies(document, name, part)


def find_nobodies(document: YamlDocument, name: str, part: ControlPart) -> Iterator[OrchestratorError]:
    """Enrolled hosts are of no provider: whose they are must be said."""
    keepers = [((SECTION, name), part), *(((SECTION, name, "replicas", i), r) for i, r in enumerate(part.replicas))]
    for place, keeper in keepers:
        if keeper.provider == ENROLLED and keeper.operator is None:
            hint = "write operator: with the company whose machine it is"
            yield document.problem((*place, "provider"), f"provider {ENROLLED} says of nobody who keeps this", hint)
