"""The plug-in stands for the account of a rehearsed credential, and for no other."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from pathlib import Path
from threading import Event
from typing import Any, NoReturn

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

from orchestrator.rehearsal.plugin import RehearsedProvider, to_struct
from orchestrator.rehearsal.providers import PROVIDERS, name_credential
from orchestrator.rehearsal.world import World

# As production's look, in all the settings that a provider takes.
PRODUCTION: Mapping[str, Mapping[str, str]] = {
    "aws": {"accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": "k", "profile": "nodes"},
    "gcp": {"accessToken": "ya29.a0", "credentials": '{"type": "service_account"}'},
    "hetzner": {"token": "a" * 64},
}


class Refused(Exception):
    """What the engine would be told."""


class Context:
    """The engine's end of a call."""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise Refused(code.name, details)


def configure(name: str, world: World, settings: Mapping[str, str]) -> Any:
    """The plug-in's answer to the settings of a provider."""
    provider = RehearsedProvider(PROVIDERS[name], world, Event())
    context: Any = Context()
    return provider.Configure(provider_pb2.ConfigureRequest(args=to_struct(dict(settings))), context)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(
        id="0123abcd",
        folder=tmp_path,
        fleet="demo",
        spec_path=tmp_path / "fleet.yaml",
        subnet=IPv4Network("10.9.0.0/24"),
    )


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_production_credentials_reach_no_rehearsal(name: str, world: World) -> None:
    for settings in (PRODUCTION[name], {}):
        with pytest.raises(Refused, match=r"UNAUTHENTICATED.*unable to authenticate"):
            configure(name, world, settings)
    assert list(world.folder.iterdir()) == []


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_a_rehearsed_credential_is_taken(name: str, world: World) -> None:
    settings = {**PRODUCTION[name], PROVIDERS[name].credential: name_credential("alpha")}
    assert configure(name, world, settings) == provider_pb2.ConfigureResponse(acceptSecrets=False)
