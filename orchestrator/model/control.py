"""The control plane as the spec states it: where state, secrets, artifacts and controller live, and their replicas."""

from datetime import date
from typing import Literal

from pydantic import Field

from orchestrator.model.base import Frozen
from orchestrator.model.source import Source

PartName = Literal["state", "secrets", "artifacts", "controller"]


class Keeper(Frozen):
    """Who keeps something, as far as it is stated. `operator` is the company; for a cloud it is the provider."""

    provider: str | None = None
    operator: str | None = None
    region: str | None = None
    country: str | None = None


class Replica(Keeper):
    """A copy of a part, or a stand-in for it. `drilled` is the day on which it was last worked from."""

    drilled: date | None = None
    source: Source = Field(alias="__source__")


class ControlPart(Keeper):
    """A part of the control plane, where its original is, and its replicas."""

    replicas: tuple[Replica, ...] = ()
    source: Source = Field(alias="__source__")


class AddressedPart(ControlPart):
    """A part that Pulumi is told of by a URL: the state's backend, the secrets provider ("passphrase" is one)."""

    url: str | None = Field(default=None, min_length=1)


class ControlPlane(Frozen):
    """What the fleet is run with. A part that is None is not stated."""

    state: AddressedPart | None = None
    secrets: AddressedPart | None = None
    artifacts: ControlPart | None = None
    controller: ControlPart | None = None
    source: Source = Field(alias="__source__")
