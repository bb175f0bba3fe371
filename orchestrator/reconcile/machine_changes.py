"""What happens to each node between two locks: added, relocated, retired, another client; and whom a fence stops."""

from collections.abc import Iterator, Mapping

from orchestrator.lockfile.order import by_node_and_generation
from orchestrator.model.client import ClientFacts
from orchestrator.model.lock import CARRYING_STATES, Lock, Machine
from orchestrator.reconcile.fencing import judge_machine, list_signers
from orchestrator.reconcile.verdict import Fate, MachineChange

NO_EVIDENCE: frozenset[str] = frozenset()  # what a provider confirmed is known where the state is, not in a review


def compute_machine_changes(
    before: Lock | None, after: Lock, clients: Mapping[str, ClientFacts]
) -> tuple[MachineChange, ...]:
    """The nodes that are not as they were, by name; `clients` say who signs."""
    old = _find_carriers(before) if before else {}
    new = _find_carriers(after)
    nodes = {**old, **new}
    return tuple(
        change
        for node in sorted(nodes, key=lambda node: by_node_and_generation(nodes[node]))
        if (change := _compare(old.get(node), new.get(node), after, clients)) is not None
    )


def _find_carriers(lock: Lock) -> Mapping[str, Machine]:
    """The machine that carries each node: the newest, where a broken lock has two."""
    return {machine.node: machine for machine in lock.machines if machine.state in CARRYING_STATES}


def _compare(
    old: Machine | None, new: Machine | None, after: Lock, clients: Mapping[str, ClientFacts]
) -> MachineChange | None:
    fate = _find_fate(old, new)
    if fate is None:
        return None
    shown = render_client_part if fate == "client" else render_place
    texts = [None if each is None else shown(each, old, new) for each in (old, new)]
    either = new or old
    assert either is not None  # noqa: S101  # a fate is of a node that is on one side
    signs = any(list_signers(each, clients) for each in (old, new) if each is not None)
    fence = _find_fence(old, new, after, clients) if signs else ""
    return MachineChange(either.node, either.group, fate, texts[0], texts[1], signs, fence or None)


def _find_fate(old: Machine | None, new: Machine | None) -> Fate | None:
    if old is None or new is None:
        return "added" if old is None else "retired"
    if (old.machine, old.site, old.host) != (new.machine, new.site, new.host):
        return "relocated"
    return "client" if old.clients != new.clients else None


def render_place(machine: Machine, old: Machine | None, new: Machine | None) -> str:
    """The site, and the machine where its node stays at the site."""
    stays = old is not None and new is not None and old.site == new.site
    name = machine.site if machine.host is None else f"{machine.site}/{machine.host}"
    return f"{name} ({machine.machine})" if stays else name


def render_client_part(machine: Machine, old: Machine | None, new: Machine | None) -> str:
    """The clients in the roles that change."""
    sides = [each.clients for each in (old, new) if each is not None]
    return ", ".join(
        f"{role} {client}"
        for role, client in sorted(machine.clients.items())
        if any(side.get(role) != client for side in sides)
    )


def _find_fence(old: Machine | None, new: Machine | None, after: Lock, clients: Mapping[str, ClientFacts]) -> str:
    """What has to be shown before the node may sign on its machine of the lock; "" where nothing has."""
    if new is None or not list_signers(new, clients):
        return ""
    return "; ".join(
        why for why in (judge_machine(new, after, NO_EVIDENCE), *_judge_change(old, new, after, clients)) if why
    )


def _judge_change(old: Machine | None, new: Machine, after: Lock, clients: Mapping[str, ClientFacts]) -> Iterator[str]:
    """What the lock itself does not show: a line that vanished or was moved by hand, and a signer that is replaced."""
    if old is None or not list_signers(old, clients):
        return
    known = {machine.machine for machine in after.machines} | {line.retired for line in after.retired}
    if old.machine not in known:
        yield f"nothing shows that {old.machine} ({old.site}) can no longer sign: its line is gone"
    elif old.machine == new.machine and old.site != new.site:
        yield f"nothing shows that {old.machine} at {old.site} can no longer sign: its line was moved to {new.site}"
    elif old.machine == new.machine and list_signers(old, clients) != list_signers(new, clients):
        before, now = (", ".join(list_signers(each, clients)) for each in (old, new))
        yield f"{new.machine} signed with {before}, whose slashing-protection database {now} lacks"
