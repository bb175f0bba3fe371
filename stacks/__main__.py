"""The Pulumi program: declares every machine that the lock has in the accounts of the current stack.

A stack is named like its account; with `layout: fleet` there is one stack, fleet, for all accounts.
"""

from dataclasses import replace
from importlib import import_module
from typing import cast

import pulumi
from declaration import Declaration, MachineOutputs, ProviderModule, build_declaration, list_accounts, read_plan
from quotas import Quotas
from recovery import Recovery, list_existing
from settings import read_settings
from survey import Survey

# A program imports only the providers that it needs: the large SDKs take seconds to load.
MODULES = {"aws": "aws", "gcp": "gcp", "hetzner": "hetzner", "ssh": "ssh"}


def declare_stack(stack: str) -> None:
    """Declares the machines of the stack's accounts and exports what the controller needs to reach them."""
    settings = read_settings()
    plan = read_plan(settings)
    survey, recovery, quotas = Survey(), Recovery(), Quotas()
    machines: dict[str, MachineOutputs] = {}
    for account in list_accounts(plan, stack):
        machines |= declare_account(build_declaration(plan, account, settings), survey, recovery, quotas)
    survey.write()
    quotas.write()
    recovery.write()
    pulumi.export("revision", plan.lock.header.revision)
    pulumi.export("machines", machines)
    pulumi.export("scope", settings.scope.value)


def declare_account(
    declaration: Declaration, survey: Survey, recovery: Recovery, quotas: Quotas
) -> dict[str, MachineOutputs]:
    """Declares one account's machines with the module of its provider, and surveys it; outputs by machine id."""
    account = declaration.account
    if account.provider not in MODULES:
        known = ", ".join(sorted(MODULES))
        raise pulumi.RunError(
            f"account {account.name}: there is no stack module for provider {account.provider} (there are: {known})"
        )
    module = cast("ProviderModule", import_module(MODULES[account.provider]))
    own = None if declaration.layout == "accounts" else account.name
    provider = module.make_provider(account, own)
    labelled = survey.take(module.SEARCH, declaration.area, provider)
    quotas.take(declaration.area, account, provider)
    existing = list_existing(declaration.machines)
    transforms = recovery.take(module.SEARCH, labelled, survey.silent.get(account.name), existing)
    return module.declare(replace(declaration, provider=provider, transforms=transforms))


declare_stack(pulumi.get_stack())
