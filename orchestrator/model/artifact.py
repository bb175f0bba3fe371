"""How a client's programs are had, and what vouches for them: the `artifacts` of a client's file and of a spec."""

from collections.abc import Iterable
from pathlib import PurePath
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from orchestrator.model.base import Frozen
from orchestrator.model.source import Source

Arch = Literal["amd64", "arm64"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

PLACEHOLDERS = frozenset({"version", "arch"})


def check_placeholders(text: str) -> str:
    """The address as written; ValueError where it asks for something that nothing fills in."""
    names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    strange = sorted(names - PLACEHOLDERS)
    if strange:
        raise ValueError(f"{{{strange[0]}}} is filled in by nothing: write {{version}} or {{arch}}")
    return text


def join_fingerprint(value: Any) -> Any:
    """A fingerprint without the spaces that tools print it with, in capitals."""
    return "".join(value.split()).upper() if isinstance(value, str) else value


# A web address in which {version} and {arch} are filled in.
Address = Annotated[str, AfterValidator(check_placeholders)]

# A whole OpenPGP fingerprint: 40 hex digits (version 4) or 64 (later ones). A key id is too short to be trusted.
Fingerprint = Annotated[
    str, BeforeValidator(join_fingerprint), StringConstraints(pattern=r"^([0-9A-F]{40}|[0-9A-F]{64})$")
]

# Programs become files of that name on machines.
ProgramName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*$", max_length=80)]


class GoModule(Frozen):
    """Programs built from source: `module` is a folder with go.mod and go.sum, `binaries` name to import path.

    `cgo`: with the C code of its modules. `variables` are texts that are set in the programs, by their names in Go.
    """

    module: str
    binaries: dict[ProgramName, str] = Field(min_length=1)
    cgo: bool = False
    variables: dict[str, str] = Field(default_factory=dict)


class TrustedKeys(Frozen):
    """OpenPGP keys whose signatures count: key files (armored or not), and which keys of them, by whole fingerprint.

    `threshold` is how many of these keys must have signed. `files` are beside the file that names them.
    """

    files: tuple[str, ...] = Field(min_length=1)
    fingerprints: frozenset[Fingerprint] = Field(min_length=1)
    threshold: int = Field(default=1, ge=1, strict=True)

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.threshold > len(self.fingerprints):
            raise ValueError(f"{self.threshold} signatures are asked for, of {len(self.fingerprints)} keys")
        return self

    def resolve(self, folder: PurePath) -> "TrustedKeys":
        """The same with the key files found from `folder`."""
        return self.model_copy(update={"files": tuple(str(folder / name) for name in self.files)})


class Release(Frozen):
    """Programs taken from a published archive.

    Addresses may hold `{version}` and `{arch}`; `arch_names` says what the publisher calls an architecture. `binaries`
    is name to archive member (`.`: the download is the program itself). `redirect_hosts` are the hosts that the
    publisher's own may pass the request on to.

    What vouches for the download: its digest in `sha256`, or `signatures` by `keys`. They sign the list of `checksums`
    where there is one (unless `signature_of` says otherwise), else the download. What is given must all hold.
    """

    url: Address
    binaries: dict[ProgramName, str] = Field(min_length=1)
    sha256: dict[Arch, Sha256] = Field(default_factory=dict)
    checksums: Address | None = None
    signatures: tuple[Address, ...] = ()
    signature_of: Literal["checksums", "download"] | None = None
    keys: TrustedKeys | None = None
    arch_names: dict[Arch, str] = Field(default_factory=dict)
    redirect_hosts: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.keys and not self.signatures:
            raise ValueError("`keys` without `signatures` verify nothing")
        if self.signature_of == "checksums" and self.checksums is None:
            raise ValueError("`signature_of: checksums` needs the address of the `checksums`")
        return self

    @property
    def signs_checksums(self) -> bool:
        """Whether the signatures are of the list of checksums, and not of the download itself."""
        return self.checksums is not None and self.signature_of != "download"

    def is_verified(self, arch: Arch) -> bool:
        """Whether anything vouches for the download of an architecture: a pinned digest, or trusted signatures."""
        return arch in self.sha256 or self.keys is not None

    def fill(self, address: str, version: str, arch: Arch) -> str:
        """An address with version and architecture filled in."""
        return address.format(version=version, arch=self.arch_names.get(arch, arch))


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

    def find_way(self, arch: Arch) -> GoModule | Release | None:
        """How the programs are had for an architecture; None where all there is would be unverified."""
        return self.release if self.release and self.release.is_verified(arch) else self.go

    def describe_unverified(self, arch: Arch) -> tuple[str, str]:
        """What to say where `find_way` has nothing, and what to do."""
        return (
            f"{self.name} {self.version} is unverified for {arch}: its file holds no sha256 and no trusted keys that "
            "were read from the publisher",
            f"check the publisher's signature yourself, then pin what you vouch for under artifacts.{self.name} in "
            "the spec: sha256, or keys",
        )


class ArtifactPin(Frozen):
    """What the operator of a fleet vouches for, of one version of a client's release; its place in the spec."""

    version: str
    sha256: dict[Arch, Sha256] = Field(default_factory=dict)
    keys: TrustedKeys | None = None
    source: Source = Field(alias="__source__")

    @model_validator(mode="after")
    def _pins_something(self) -> Self:
        if not (self.sha256 or self.keys):
            raise ValueError("a pin holds a sha256 or keys")
        return self


def apply_pin(recipe: ArtifactRecipe, pin: ArtifactPin | None, folder: PurePath) -> ArtifactRecipe:
    """The recipe with the operator's pin in place of its own; key files of the pin are found from `folder`.

    ValueError where the pin is of another version, or there is no release for it to be of.
    """
    if pin is None:
        return recipe
    if recipe.release is None:
        raise ValueError(f"{recipe.name} is built from source, so there is no release to pin")
    if pin.version != recipe.version:
        raise ValueError(f"the pin is of {recipe.name} {pin.version}, and {recipe.version} is what is installed")
    if pin.keys and not recipe.release.signatures:
        raise ValueError(f"{recipe.name} {recipe.version} has no signatures that keys could verify: pin its sha256")
    changes = {"sha256": recipe.release.sha256 | pin.sha256}
    if pin.keys:
        changes |= {"keys": pin.keys.resolve(folder)}  # type: ignore[dict-item] # two fields of different types
    return recipe.model_copy(update={"release": recipe.release.model_copy(update=changes)})


def list_unverified(recipe: ArtifactRecipe, arches: Iterable[Arch]) -> tuple[Arch, ...]:
    """The architectures, of those given, for which the recipe has nothing verified, sorted."""
    return tuple(arch for arch in sorted(set(arches)) if recipe.find_way(arch) is None)
