"""The Pulumi program: declares every machine that the lock has in the account that this stack is named like."""

from importlib import import_module
from typing import cast

import pulumi
from declaration import ProviderModule, read_declaration
from settings import read_settings

# A program imports only the provider that it needs: the large SDKs take seconds to load.
MODULES = {"hetzner": "hetzner", "ssh": "ssh"}


def declare_account(account_name: str) -> None:
    """Declares the account's machines and exports what the controller needs to reach them."""
    declaration = read_declaration(account_name, read_settings())
    provider = declaration.account.provider
    if provider not in MODULES:
        known = ", ".join(sorted(MODULES))
        raise pulumi.RunError(
            f"account {account_name}: there is no stack module for provider {provider} (there are: {known})"
        )
    module = cast("ProviderModule", import_module(MODULES[provider]))
    pulumi.export("revision", declaration.revision)
    pulumi.export("machines", module.declare(declaration))


declare_account(pulumi.get_stack())
