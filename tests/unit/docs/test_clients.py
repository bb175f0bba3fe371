"""docs/clients.md holds every key of a client's file."""

import pytest
from pydantic import BaseModel

from orchestrator.model.artifact import ArtifactPin, GoModule, Release, TrustedKeys
from orchestrator.model.client import ClientFile, ClientNetwork, ClientPeers, Port
from orchestrator.model.development_network import DevelopmentNetwork
from tests.unit.docs.pages import get_section, map_keys, read_page

PAGE = read_page("clients.md")


@pytest.mark.parametrize(
    ("heading", "models"),
    [
        ("## The file", (ClientFile,)),
        ("## A network", (ClientNetwork,)),
        ("## A port", (Port,)),
        ("## Peers", (ClientPeers,)),
        ("## Development networks: ansible/networks/*.yml", (DevelopmentNetwork,)),
        ("## Artifacts", (GoModule, Release)),
        ("## Verified releases", (TrustedKeys,)),
    ],
)
def test_every_key_is_documented(heading: str, models: tuple[type[BaseModel], ...]) -> None:
    fields = {name for model in models for name in model.model_fields}
    assert set(map_keys(get_section(PAGE, heading))) == fields


def test_every_key_of_a_pin_is_documented() -> None:
    section = get_section(PAGE, "## What the operator vouches for")
    assert set(map_keys(section)) == {name for name in ArtifactPin.model_fields if name != "source"}
