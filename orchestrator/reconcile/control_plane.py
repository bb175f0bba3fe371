"""Does the control plane outlive the providers whose loss it answers? What is stated of it, held against the lock.

The unit is the operator, the company that can fail or close an account as a whole; for a cloud that is the provider.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import get_args
from urllib.parse import parse_qs, urlsplit

from orchestrator.catalog.aliases import find_provider
from orchestrator.model.control import ControlPart, ControlPlane, Keeper, PartName, Replica
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import CARRYING_STATES, Lock
from orchestrator.model.plan import Finding
from orchestrator.model.rule import Level
from orchestrator.model.source import Source

PARTS: tuple[PartName, ...] = get_args(PartName)
DRILL_DAYS = 90  # a quarter: people, keys and versions change in that time
NAME = "the control plane outlives every provider of the fleet"
BOUND = "an operator without machines of the fleet, or a replica with another operator"
MACHINES_NAMED = 3

# Schemes of Pulumi's backends and secrets providers that say who keeps what is behind them.
OPERATOR_OF_SCHEME = {
    "awskms": "aws",
    "azblob": "azure",
    "azurekeyvault": "azure",
    "gcpkms": "gcp",
    "gs": "gcp",
    "s3": "aws",
}
OPERATOR_OF_HOST = {"api.pulumi.com": "pulumi"}
LOCAL_SCHEME = "file"  # is where the controller is

CONSEQUENCES: dict[PartName, str] = {
    "state": "no stack can be read: up and rebalance do nothing until orchestrator recover has rebuilt the state with "
    "another operator",
    "secrets": "no stack can be decrypted: up and rebalance do nothing until orchestrator recover has rebuilt the "
    "state with another secrets provider",
    "artifacts": "replacements are made but get no clients, unless the controller has the artifacts in its cache",
    "controller": "nobody declares the loss or places the nodes again until a controller is set up elsewhere",
}


def review_control_plane(fleet: Fleet, lock: Lock, today: date) -> tuple[Finding, ...]:
    """Every finding on where the control plane is; `today` is what drills are dated against."""
    if fleet.control is None:
        return (find_unstated(fleet),)
    machines = list_machines_by_operator(fleet, lock)
    return tuple(finding for name in PARTS for finding in review_part(fleet.control, name, machines, today))


def find_unstated(fleet: Fleet) -> Finding:
    """The spec says nothing of its control plane."""
    message = (
        "the spec does not say where state, secrets, artifacts and controller are, and so not whether they outlive the "
        "fleet's providers: add a section control"
    )
    return build_finding("warning", "control", "not stated", message, Source.at(fleet.path))


def review_part(
    control: ControlPlane, name: PartName, machines: dict[str, list[str]], today: date
) -> Iterator[Finding]:
    """The findings on one part: with whom it is, who else has it, and when that was last tried."""
    part: ControlPart | None = getattr(control, name)
    operator = find_operator(control, name)
    if part is None or operator is None:
        message = f"control.{name}: who keeps it is not stated: add its provider or operator"
        yield build_finding("warning", name, "not stated", message, (part or control).source)
        return
    replicas = [(replica, find_stated_operator(replica)) for replica in part.replicas]
    for replica, other in replicas:
        if other is None:
            message = f"control.{name}: who keeps this replica is not stated: add its provider or operator"
            yield build_finding("warning", name, "not stated", message, replica.source)
    elsewhere = [replica for replica, other in replicas if other not in (None, operator)]
    if operator not in machines:
        return
    if not elsewhere:
        yield describe_shared(name, part, operator, machines)
        return
    if not any(is_drilled(replica, today) for replica in elsewhere):
        yield describe_undrilled(name, elsewhere, operator, today)


def find_operator(control: ControlPlane, name: PartName) -> str | None:
    """Who keeps the part: what is stated, else what its URL says; None where neither says it."""
    part: ControlPart | None = getattr(control, name)
    if part is None:
        return None
    stated = find_stated_operator(part)
    url: str | None = getattr(part, "url", None)
    if stated is not None or url is None:
        return stated
    if urlsplit(url).scheme == LOCAL_SCHEME:
        return find_operator(control, "controller")
    return find_operator_of_url(url)


def find_stated_operator(keeper: Keeper) -> str | None:
    """The operator that is named, or the one that the provider is."""
    if keeper.operator is not None:
        return keeper.operator
    return None if keeper.provider is None else find_provider(keeper.provider)


def find_operator_of_url(url: str) -> str | None:
    """The operator that a URL of Pulumi's speaks of; None where it could be anybody's server."""
    parts = urlsplit(url)
    if parts.scheme == "s3" and "endpoint" in parse_qs(parts.query):
        return None
    return OPERATOR_OF_SCHEME.get(parts.scheme) or OPERATOR_OF_HOST.get(parts.hostname or "")


def list_machines_by_operator(fleet: Fleet, lock: Lock) -> dict[str, list[str]]:
    """The machines that carry nodes, by the operator of the cloud or of the enrolled host that they are."""
    hosts = {(account.name, host.name): host.operator for account in fleet.accounts for host in account.hosts}
    found: dict[str, list[str]] = {}
    for machine in lock.machines:
        if machine.state in CARRYING_STATES:
            operator = hosts.get((machine.account, machine.host or "")) or find_provider(machine.provider)
            found.setdefault(operator, []).append(machine.machine)
    return found


def is_drilled(replica: Replica, today: date) -> bool:
    """Whether the replica was worked from within the last quarter; a day to come proves nothing."""
    return replica.drilled is not None and timedelta(0) <= today - replica.drilled <= timedelta(days=DRILL_DAYS)


def describe_shared(name: PartName, part: ControlPart, operator: str, machines: dict[str, list[str]]) -> Finding:
    """The part is with an operator of machines and nowhere else."""
    here = machines[operator]
    total = sum(map(len, machines.values()))
    named = ", ".join(here[:MACHINES_NAMED]) + (", …" if len(here) > MACHINES_NAMED else "")
    message = (
        f"control.{name} is with {operator}{describe_place(part)} alone, and so are {len(here)} of {total} machines "
        f"({named}): if {operator} fails tonight, these are lost and {CONSEQUENCES[name]}. Add a replica with another "
        "operator"
    )
    return build_finding("error", name, operator, message, part.source)


def describe_undrilled(name: PartName, replicas: list[Replica], operator: str, today: date) -> Finding:
    """The part has a replica elsewhere that nobody has worked from lately."""
    replica = max(replicas, key=lambda each: each.drilled or date.min)
    other = find_stated_operator(replica)
    if replica.drilled is None:
        when = "was never drilled"
    elif replica.drilled > today:
        when = f"is said to be drilled on {replica.drilled}, which is yet to come"
    else:
        when = f"was last drilled on {replica.drilled}, {(today - replica.drilled).days} days ago"
    message = (
        f"control.{name} is with {operator}, as machines are, and its replica with {other} {when}: work from it once, "
        "then write that day as drilled"
    )
    return build_finding("warning", name, str(replica.drilled or "never drilled"), message, replica.source)


def describe_place(keeper: Keeper) -> str:
    """Region and country, where they are stated."""
    stated = [word for word in (keeper.region, keeper.country) if word]
    return f" ({', '.join(stated)})" if stated else ""


def build_finding(level: Level, subject: str, value: str, message: str, source: Source) -> Finding:
    """A finding of this review."""
    return Finding(
        rule="control",
        name=NAME,
        level=level,
        subject=subject,
        value=value,
        bound=BOUND,
        message=message,
        source=source,
    )
