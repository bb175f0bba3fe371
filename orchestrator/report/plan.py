"""A placement plan as JSON and as text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.model.plan import Change, Claim, Plan, PlannedMachine, Repair, Stage
from orchestrator.report.findings import list_findings

STYLE_OF: dict[Change, str] = {"keep": "dim", "add": "green", "relocate": "yellow", "retire": "red", "client": "cyan"}
STAY: frozenset[Change] = frozenset({"keep"})
CLAIMS: tuple[Claim, ...] = get_args(Claim)
LONGEST_LIST = 40


def describe_plan(plan: Plan) -> dict[str, Any]:
    """The plan as plain data, in the shape that docs/commands.md promises to scripts."""
    return {
        "status": plan.status,
        "stages": [stage.model_dump(mode="json") for stage in plan.stages],
        "relocations": plan.relocations,
        "client_changes": plan.client_changes,
        "cost_per_month": plan.cost.model_dump(mode="json"),
        "machines": [describe_machine(planned) for planned in plan.machines],
        "moves_left": plan.moves_left,
        "syncs": [sync.model_dump(mode="json") for sync in plan.syncs],
        "unplaced": [unplaced.model_dump(mode="json") for unplaced in plan.unplaced],
        "findings": list_findings(plan.findings),
        "conflict": [finding.name for finding in plan.conflict],
        "repairs": [describe_repair(repair) for repair in plan.repairs],
    }


def describe_repair(repair: Repair) -> dict[str, Any]:
    """One repair as plain data."""
    place = {"file": repair.source.file, "line": repair.source.line}
    return {**repair.model_dump(mode="json", exclude={"source"}), **place}


def describe_machine(planned: PlannedMachine) -> dict[str, Any]:
    """One machine of the plan as plain data."""
    machine = planned.machine
    fields = ("node", "machine", "group", "account", "provider", "region", "zone")
    return {
        **{field: getattr(machine, field) for field in fields},
        "country": planned.country,
        "machine_type": machine.machine_type,
        "clients": machine.clients,
        "state": str(machine.state),
        "change": planned.change,
    }


def render_plan(plan: Plan) -> RenderableType:
    """The plan for people: what changes, where the nodes then are, what it costs, what is claimed."""
    return Lines(*render_parts(plan))


def render_parts(plan: Plan) -> Iterator[RenderableType]:
    """The parts of the text, top to bottom."""
    if plan.status == "infeasible":
        yield from render_conflict(plan)
        yield from render_findings(plan)
        return
    changed = [planned for planned in plan.machines if planned.change not in STAY]
    if changed:
        yield render_changes(changed)
    yield render_spread(plan)
    yield render_summary(plan)
    yield from render_syncs(plan)
    if plan.moves_left:
        yield Text(f"{plan.moves_left} relocations are left for later rounds (max_moves)", style="bold yellow")
    for unplaced in plan.unplaced:
        yield Text(f"not placed: {unplaced.node}: {unplaced.why}", style="bold red")
    yield from render_findings(plan)


def render_findings(plan: Plan) -> Iterator[Text]:
    """What does not hold, and what is odd about the rules as written, such as a name that nothing has."""
    for finding in plan.findings:
        style = "red" if finding.level == "error" else "yellow"
        yield Text(f"{finding.source}: {finding.level}: {finding.message} [{finding.rule}]", style=style)


def render_conflict(plan: Plan) -> Iterator[Text]:
    """What cannot hold together, and what would do: each line alone, the smallest change first."""
    dark = any(repair.change == "facts" for repair in plan.repairs)
    known = "as far as the facts are known, " if dark else ""
    yield Text(f"infeasible: {known}these rules cannot hold together", style="bold red")
    for finding in plan.conflict:
        yield Text(f"  {finding.source}: {finding.message}")
    if plan.repairs:
        yield Text("this is enough:" if len(plan.repairs) == 1 else "any one of these is enough:", style="bold")
    for repair in plan.repairs:
        yield Text(f"  {repair.source}: {repair.message}")


def render_changes(changed: list[PlannedMachine]) -> Table:
    """A line a machine that does not simply stay."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("change", "machine", "site", "type", "clients", "state"):
        table.add_column(column, no_wrap=True)
    for planned in changed[:LONGEST_LIST]:
        machine = planned.machine
        table.add_row(
            Text(planned.change, style=STYLE_OF[planned.change]),
            machine.machine,
            machine.site,
            machine.machine_type,
            ", ".join(machine.clients.values()),
            str(machine.state),
        )
    if len(changed) > LONGEST_LIST:
        table.add_row("…", f"{len(changed) - LONGEST_LIST} more", "", "", "", "")
    return table


def render_spread(plan: Plan) -> Table:
    """How many wanted nodes of each group each account has."""
    counts = Counter(
        (planned.machine.group, planned.machine.account)
        for planned in plan.machines
        if planned.machine.state in ("wanted", "held")
    )
    accounts = sorted({planned.machine.account for planned in plan.machines})
    table = Table(box=None, pad_edge=False, header_style="bold", title=None)
    table.add_column("nodes per account")
    for account in accounts:
        table.add_column(account, justify="right")
    for group in sorted({planned.machine.group for planned in plan.machines}):
        table.add_row(group, *(str(counts[group, account]) for account in accounts))
    return table


def render_summary(plan: Plan) -> Text:
    """Status, relocations, cost and what is claimed, in one or two lines."""
    changes = Counter(planned.change for planned in plan.machines)
    counted = ", ".join(f"{changes[change]} {change}" for change in STYLE_OF if changes[change])
    made = [claim for claim in CLAIMS if any(stage.claim == claim for stage in plan.stages)]
    claims = "; ".join(render_claim(plan.stages, claim) for claim in made)
    cost = f"{plan.cost.amount:,.2f} {plan.cost.currency}/month"
    priced = f", oldest price of {plan.cost.priced_on}" if plan.cost.priced_on else ""
    unpriced = f", {plan.cost.unpriced} machines without a price left out" if plan.cost.unpriced else ""
    style = "bold green" if plan.status == "optimal" else "bold yellow"
    text = Text(plan.status, style=style)
    text.append(
        f": {counted or 'no machines'}; {plan.relocations} relocations; {cost}{priced}{unpriced}", style="default"
    )
    return text.append(f"\n{claims}" if claims else "", style="dim")


def render_syncs(plan: Plan) -> Iterator[Text]:
    """How long new machines need to be in sync, where something moves; where that is not known, this is said."""
    for sync in plan.syncs if plan.relocations else ():
        if sync.hours is None:
            yield Text(
                f"{sync.group}: how long {sync.nodes} nodes need to sync is not known ({', '.join(sync.unknown)})"
            )
            continue
        size = "of unknown size" if sync.gigabytes is None else f"of {sync.gigabytes:f} GB each"
        how = f"by {', '.join(sync.methods)}; {', '.join(sync.sources)}"
        yield Text(f"{sync.group}: {sync.nodes} nodes sync for about {sync.hours:f} hours, downloads {size} ({how})")


def render_claim(stages: Sequence[Stage], claim: Claim) -> str:
    """The stages of which one thing is claimed, such as "proven: relocations 3"; open ones with their bound."""
    values = (
        f"{stage.name} {stage.value}" + (f" (at least {stage.bound})" if claim == "open" else "")
        for stage in stages
        if stage.claim == claim
    )
    return f"{claim}: {', '.join(values)}"
