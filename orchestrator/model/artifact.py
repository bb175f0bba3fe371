"""How a client's programs are had: the `artifacts` section of a client's data file (ansible/clients/*.yml)."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from orchestrator.model.base import Frozen

Arch = Literal["amd64", "arm64"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class GoModule(Frozen):
    """Programs built from source: `module` is a folder with go.mod and go.sum, `binaries` name to import path."""

    module: str
    binaries: dict[str, str] = Field(min_length=1)


class Release(Frozen):
    """Programs taken from a published archive.

    `url` may hold `{version}` and `{arch}`; `arch_names` says what the publisher calls an architecture. `binaries` is
    name to archive member (`.`: the download is the program itself). An architecture without `sha256` is unverified,
    and is refused. `redirect_hosts` are the hosts that the publisher's own may pass the request on to.
    """

    url: str
    binaries: dict[str, str] = Field(min_length=1)
    sha256: dict[Arch, Sha256] = Field(default_factory=dict)
    arch_names: dict[Arch, str] = Field(default_factory=dict)
    redirect_hosts: frozenset[str] = frozenset()


class ArtifactRecipe(Frozen):
    """The ways to have the programs of one client version; a verified release goes before a build."""

    name: str
    version: str
    go: GoModule | None = None
    release: Release | None = None

    @model_validator(mode="after")
    def _has_a_way(self) -> Self:
        if not (self.go or self.release):
            raise ValueError("artifacts need a `go` module or a `release`")
        return self
