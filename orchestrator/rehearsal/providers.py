"""The clouds that can be rehearsed: each one's Pulumi package, and the credential that says which account is meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from orchestrator.rehearsal.resource_kind import Function, ResourceKind
from orchestrator.rehearsal.world import World

TOKEN_PREFIX = "rehearsal:"  # noqa: S105  # no secret: it marks what is none


@dataclass(frozen=True)
class Provider:
    """A cloud. `credential` is the provider's own setting that, in a rehearsal, holds the account's name."""

    name: str
    package: str
    credential: str

    @property
    def sdk(self) -> str:
        """The Python package whose types inputs are held against."""
        return f"pulumi-{self.package}"

    def list_kinds(self, world: World, account: str) -> Mapping[str, ResourceKind]:
        """Every kind of resource that one account answers for, by type token. Only this cloud's SDK is imported."""
        kinds: Mapping[str, ResourceKind] = import_module(f"orchestrator.rehearsal.{self.name}").list_kinds(
            world, account
        )
        return kinds

    def list_functions(self, world: World, account: str) -> Mapping[str, Function]:
        """Every function of the SDK that one account answers for, by token."""
        module = import_module(f"orchestrator.rehearsal.{self.name}")
        list_functions = getattr(module, "list_functions", None)  # a cloud that lists nothing needs none
        functions: Mapping[str, Function] = list_functions(world, account) if list_functions else {}
        return functions


PROVIDERS: Mapping[str, Provider] = {
    provider.name: provider
    for provider in (
        Provider("aws", "aws", "accessKey"),
        Provider("gcp", "gcp", "accessToken"),
        Provider("hetzner", "hcloud", "token"),
    )
}


def name_credential(account: str) -> str:
    """The credential of a rehearsed account: no real cloud would take it."""
    return f"{TOKEN_PREFIX}{account}"


def read_credential(credential: str) -> str | None:
    """The account that a credential stands for; None for one that is no rehearsal's."""
    return credential.removeprefix(TOKEN_PREFIX) if credential.startswith(TOKEN_PREFIX) else None
