"""A change set: what a lock asks the stacks to declare, and what alone they may delete."""

from orchestrator.model.base import Frozen
from orchestrator.model.fleet import FLEET_STACK


class AccountChanges(Frozen):
    """One account's part. `declared` are machine ids whatever their state; `deletable` are resource host names.

    A delete or replace of anything else in the engine's preview is not planned.
    """

    account: str
    declared: tuple[str, ...] = ()
    deletable: frozenset[str] = frozenset()
    adopted: tuple[str, ...] = ()


class ChangeSet(Frozen):
    """All accounts' parts, by name. `adopted` machines are wanted again after they were lost or on their way out."""

    accounts: tuple[AccountChanges, ...] = ()

    def get_deletable(self, stack: str) -> frozenset[str]:
        """The host names that a stack may delete: its account's, or all accounts' where one stack has them all."""
        if stack != FLEET_STACK:
            return self.get_account(stack).deletable
        return frozenset(host for part in self.accounts for host in part.deletable)

    def get_account(self, name: str) -> AccountChanges:
        """One account's part; an empty one where the lock has nothing there."""
        return next((part for part in self.accounts if part.account == name), AccountChanges(account=name))
