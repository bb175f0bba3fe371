"""docs/clients.md holds every key of a client's file."""

import pytest
from pydantic import BaseModel

from orchestrator.model.artifact import GoModule, Release
from orchestrator.model.client import ClientFile, ClientNetwork, Port
from tests.unit.docs.pages import get_section, map_keys, read_page

PAGE = read_page("clients.md")


@pytest.mark.parametrize(
    ("heading", "models"),
    [
        ("## The file", (ClientFile,)),
        ("## A network", (ClientNetwork,)),
        ("## A port", (Port,)),
        ("## Artifacts", (GoModule, Release)),
    ],
)
def test_every_key_is_documented(heading: str, models: tuple[type[BaseModel], ...]) -> None:
    fields = {name for model in models for name in model.model_fields}
    assert set(map_keys(get_section(PAGE, heading))) == fields
