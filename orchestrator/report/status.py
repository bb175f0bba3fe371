"""The status of a fleet as JSON and as text."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.model.health import ClientHealth
from orchestrator.model.lock import CARRYING_STATES, LockHeader, Machine
from orchestrator.reconcile.status import Status
from orchestrator.report.diversity import describe_diversity, render_diversity
from orchestrator.report.findings import list_findings

SAID_OF = {
    "lost": "declared lost",
    "compromised": "compromised, so not trusted again",
    "api_down": "API down, left out of up",
    "drained": "drained",
    "cordoned": "cordoned",
    "terminated": "terminated accounts",
}
STATE_STYLE = {"wanted": "", "retiring": "yellow", "lost": "red", "held": "magenta"}
MINUTE, HOUR, DAY = 60, 3600, 86400


def describe_status(status: Status) -> dict[str, Any]:
    """The status as plain data, in the shape that docs/commands.md promises to scripts."""
    return {
        "well": status.well,
        "revision": status.lock.header.revision,
        **{key: list(domains) for key, domains in list_declared(status.lock.header)},
        "moving": list(status.lock.header.moving or ()),
        "standby": [asdict(count) for count in status.standby],
        "outages": [{"domain": str(each.loss), "machines": each.machines} for each in status.outages],
        "machines": [describe_machine(status, machine) for machine in status.lock.machines],
        "concentration": [share.__dict__ for share in status.concentration],
        "findings": list_findings(status.findings),
        "metrics": describe_diversity(status.metrics),
    }


def list_declared(header: LockHeader) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What people have declared of domains, by what it is; terminated accounts by name, all else as KIND=VALUE."""
    for key in ("lost", "compromised", "api_down", "drained", "cordoned", "terminated"):
        yield key, getattr(header, key) or ()


def describe_machine(status: Status, machine: Machine) -> dict[str, Any]:
    """One machine as plain data."""
    observation = status.seen.observations.get(machine.machine)
    verdict = status.seen.verdicts[machine.machine]
    return {
        **machine.model_dump(
            mode="json", include={"machine", "node", "group", "account", "provider", "region", "zone", "state"}
        ),
        "in_sync": verdict.in_sync,
        "why": verdict.why,
        "boot_id": observation and observation.boot_id,
        "drifted": list(observation.drifted) if observation else [],
        "clients": [client.model_dump(mode="json") for client in observation.clients] if observation else [],
    }


def render_status(status: Status) -> RenderableType:
    """The status for people: a row a machine, the concentration table, and the verdict last."""
    metrics = [Text(render_diversity(status.metrics))] if status.metrics else []
    return Lines(
        render_machines(status), Text(), render_concentration(status), Text(), *metrics, *render_verdict(status)
    )


def render_machines(status: Status) -> Table:
    """A row a machine and client."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("machine", "state", "site", "client", "version"):
        table.add_column(column, no_wrap=True)
    for column in ("height", "peers", "head age"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("in sync")
    for machine in status.lock.machines:
        observation = status.seen.observations.get(machine.machine)
        seen = {client.role: client for client in observation.clients} if observation else {}
        for role, name in machine.clients.items():
            table.add_row(*render_row(status, machine, name, seen.get(role)))
    return table


def render_row(status: Status, machine: Machine, name: str, client: ClientHealth | None) -> list[RenderableType]:
    """The cells of one row."""
    verdict = status.seen.verdicts[machine.machine]
    facts = [client.version, client.height, client.peers, render_age(status.now, client)] if client else [None] * 4
    version, height, peers, age = ("-" if fact is None else str(fact) for fact in facts)
    in_sync = Text("yes", style="green") if verdict.in_sync else Text(render_fault(status, machine), style="red")
    state = Text(str(machine.state), style=STATE_STYLE[machine.state])
    return [machine.machine, state, machine.site, name, version, height, peers, age, in_sync]


def render_fault(status: Status, machine: Machine) -> str:
    """Why a machine is not in sync, short enough for a row; the JSON form has it in full."""
    if machine.compromised is not None:
        return "not asked: compromised"
    observation = status.seen.observations.get(machine.machine)
    if observation is None or observation.error:
        return "no answer"
    return f"no: {status.seen.verdicts[machine.machine].why}"


def render_age(now: float, client: ClientHealth) -> str | None:
    """How long ago the client's newest block was made."""
    if client.head_time is None:
        return None
    seconds = max(0, int(now - client.head_time))
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def render_concentration(status: Status) -> Table:
    """A row a bound of the policy: what is wanted, what is alive, and the limit."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("rule", "subject", "domain"):
        table.add_column(column, no_wrap=True)
    for column in ("wanted", "live"):
        table.add_column(column, justify="right")
    table.add_column("limit", no_wrap=True)
    for share in status.concentration:
        style = "" if share.holds else "red"
        live = Text(str(share.live), style="" if share.live == share.wanted else "yellow")
        table.add_row(
            share.rule, share.subject, share.domain or "all", str(share.wanted), live, share.limit, style=style
        )
    return table


def render_declared(status: Status) -> Iterator[Text]:
    """What was declared of domains and has not been taken back, who is on the move, who stands by."""
    for key, domains in list_declared(status.lock.header):
        if domains:
            yield Text(f"{SAID_OF[key]}: {', '.join(domains)}", style="yellow")
    if status.lock.header.moving:
        yield Text(f"on the move in this round: {', '.join(status.lock.header.moving)}", style="yellow")
    for count in status.standby:
        style = "" if count.in_sync == count.wanted else "yellow"
        yield Text(f"standing by for {count.group}: {count.in_sync} of {count.wanted} in sync", style=style)


def render_verdict(status: Status) -> Iterator[Text]:
    """What it amounts to, and what to do."""
    for finding in status.findings:
        yield Text(f"{finding.source}: {finding.level}: {finding.message} [{finding.rule}]", style="yellow")
    for outage in status.outages:
        yield Text(f"{outage.loss}: none of its {outage.machines} machines answers", style="bold red")
        yield Text(f"  if it is lost: orchestrator rebalance --lose {outage.loss}", style="red")
    yield from render_declared(status)
    should_run = sum(machine.state in CARRYING_STATES for machine in status.lock.machines)
    if status.well:
        yield Text(f"well: {should_run} of {should_run} machines in sync", style="bold green")
    else:
        yield Text(f"not well: {should_run - len(status.unwell)} of {should_run} machines in sync", style="bold red")
