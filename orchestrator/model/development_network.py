"""A network of the operator's own, for development: how its genesis is made (ansible/networks/*.yml)."""

from typing import Annotated, Any

from pydantic import Field

from orchestrator.model.base import Frozen

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=80)]


class DevelopmentNetwork(Frozen):
    """A network that starts with a genesis of its own, made once for a fleet and given to each of its machines.

    `artifacts` says how the programs are had that make it, as in a client's file; they run on the controller alone.
    `inputs` are files (name to content) of the folder that `command` is run in; in it `{programs}` is the programs'
    folder and `{now}` the time in seconds since the epoch. `files` are what machines get of that folder.
    """

    chain: str = Field(min_length=1)
    network: str = Field(min_length=1)
    version: str = Field(min_length=1)
    artifacts: dict[str, dict[str, Any]] = Field(min_length=1)
    inputs: dict[FileName, str]
    command: tuple[str, ...] = Field(min_length=1)
    files: tuple[FileName, ...] = Field(min_length=1)

    @property
    def name(self) -> str:
        """What it is called where networks of several chains meet: "ethereum-dev"."""
        return f"{self.chain}-{self.network}"
