"""Which clients a node runs: those it has while the group offers them, else the least used, role by role."""

from collections import Counter
from collections.abc import Mapping, Sequence

ClientChoice = Mapping[str, Sequence[str]]
"""The clients that may fill each role of a group, in written order."""


class ClientShares:
    """Hands out a group's clients evenly: per role the one that fewest nodes run, ties in written order."""

    def __init__(self, choice: ClientChoice) -> None:
        self._choice = choice
        self._used: dict[str, Counter[str]] = {role: Counter() for role in choice}

    def keep(self, clients: Mapping[str, str]) -> dict[str, str]:
        """What of a node's clients the group still offers; counted as used."""
        kept = {role: client for role, client in clients.items() if client in self._choice.get(role, ())}
        for role, client in kept.items():
            self._used[role][client] += 1
        return kept

    def complete(self, kept: Mapping[str, str]) -> dict[str, str]:
        """All roles of a node, the missing ones filled and counted; roles in written order."""
        clients = {}
        for role, offered in self._choice.items():
            if role in kept:
                clients[role] = kept[role]
                continue
            used = self._used[role]
            clients[role] = min(offered, key=lambda client: (used[client], offered.index(client)))
            used[clients[role]] += 1
        return clients
