"""What the page of a review shows, in its order and in words: values for the template, no markup."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from orchestrator.model.rule_ids import RULE_OF
from orchestrator.reconcile.blast_radius import BlastRadius
from orchestrator.reconcile.verdict import Excuse, Fate, Judged, MachineChange, MonthlyCost, PlaceCount, Side, Verdict
from orchestrator.report.findings import count_of
from orchestrator.report.pictures.files import name_chart
from orchestrator.report.pictures.loss_matrix import Matrix, lay_out_losses
from orchestrator.report.pictures.share_bars import Bar, lay_out_shares
from orchestrator.report.pictures.world_map import WorldMap, find_unplaced, lay_out_map
from orchestrator.report.shares import render_share

FINDINGS_SHOWN = 300
MOVES_SHOWN = 100
RELATED_SHOWN = 4
FATES: Mapping[Fate, str] = {
    "added": "added",
    "relocated": "moves",
    "retired": "retired",
    "client": "changes its clients",
}
COUNTED: Mapping[Fate, str] = {
    "added": "added",
    "relocated": "moved",
    "retired": "retired",
    "client": "with other clients",
}


@dataclass(frozen=True)
class Figure:
    """A number of the top of the page; `before` is None where there is no base."""

    name: str
    before: str | None
    after: str
    note: str = ""


@dataclass(frozen=True)
class FindingRow:
    """A finding as the page shows it."""

    level: str
    became: str
    where: str
    rule_id: str
    rule: str
    message: str
    advice: str
    excuse: str
    related: tuple[str, ...]
    related_left: int
    blocks: bool


@dataclass(frozen=True)
class ChartTable:
    """A chart of shares with its heading."""

    name: str
    kind: str
    bars: tuple[Bar, ...]
    left: int
    is_capped: bool


@dataclass(frozen=True)
class MoveRow:
    """What happens to one node, in words; `fence` is what has to be shown first, if anything."""

    node: str
    group: str
    fate: str
    before: str | None
    after: str | None
    fence: str | None


@dataclass(frozen=True)
class CostRow:
    """What a side costs, in words."""

    name: str
    amount: str
    unpriced: str
    priced_on: str


@dataclass(frozen=True)
class Page:
    """All that the template shows."""

    fleet: str
    spec: str
    base: str | None
    revision: str | None
    state: str
    headline: str
    detail: str
    figures: tuple[Figure, ...]
    open: tuple[FindingRow, ...]
    other: tuple[tuple[str, tuple[FindingRow, ...]], ...]
    findings_left: int
    maps: tuple[WorldMap, ...]
    places: tuple[PlaceCount, ...]
    unplaced: tuple[PlaceCount, ...]
    charts: tuple[ChartTable, ...]
    matrices: tuple[tuple[str, Matrix], ...]
    moves: tuple[MoveRow, ...]
    moves_title: str
    moves_left: int
    signers: tuple[MoveRow, ...]
    costs: tuple[CostRow, ...]


def lay_out_page(verdict: Verdict) -> Page:
    """What the page shows of a verdict, in its order."""
    blocking = frozenset(map(id, verdict.blocking))
    ordered = sorted(verdict.findings, key=lambda each: (id(each) not in blocking, each.finding.level != "error"))
    shown = ordered[:FINDINGS_SHOWN]
    rows = [(each, _describe_finding(each, blocks=id(each) in blocking)) for each in shown]
    is_compared = verdict.before is not None
    moves = verdict.machines
    return Page(
        fleet=verdict.fleet,
        spec=verdict.spec,
        base=verdict.base,
        revision=verdict.revision,
        state="blocked" if verdict.blocking else "passes",
        headline=render_headline(verdict),
        detail=render_detail(verdict),
        figures=tuple(_list_figures(verdict)),
        open=tuple(row for each, row in rows if row.blocks or (each.became == "new" and each.excuse is None)),
        other=_group_others(rows),
        findings_left=len(verdict.findings) - len(shown),
        maps=tuple(lay_out_map(verdict.places, when) for when in ("before", "after") if is_compared or when == "after"),
        places=verdict.places,
        unplaced=find_unplaced(verdict.places),
        charts=tuple(
            ChartTable(name_chart(each), each.kind, each.bars, each.left, each.is_capped)
            for each in lay_out_shares(verdict.shares)
        ),
        matrices=tuple(_list_matrices(verdict)),
        moves=tuple(_name_fate(move) for move in moves[:MOVES_SHOWN]),
        moves_title=_count_fates(moves),
        moves_left=max(len(moves) - MOVES_SHOWN, 0),
        signers=tuple(_name_fate(move) for move in moves if move.signs),
        costs=tuple(_list_costs(verdict.before, verdict.after)),
    )


def render_headline(verdict: Verdict) -> str:
    """The answer in a few words."""
    if verdict.blocking:
        levels = Counter(each.finding.level for each in verdict.blocking)
        return "Blocked by " + " and ".join(
            count_of(levels[level], level) for level in ("error", "warning") if levels[level]
        )
    if verdict.base is not None and verdict.changes_nothing:
        return "Passes: nothing changes"
    return "Passes"


def render_detail(verdict: Verdict) -> str:
    """How many findings there are of each fate, and what counts."""
    fates = Counter("excused" if each.excuse and each.became == "new" else each.became for each in verdict.findings)
    said = {"new": "new", "excused": "excused", "unchanged": "there before", "fixed": "fixed"}
    counts = [f"{fates[fate]} {words}" for fate, words in said.items() if fates[fate]]
    findings = f"Findings: {', '.join(counts)}." if counts else "No findings."
    if verdict.fail_on == "none":
        return f"{findings} No finding keeps a change out, as asked for."
    which = "new ones" if verdict.counted == "new" and verdict.base is not None else "any"
    return f"{findings} What keeps a change out: {which} of level {verdict.fail_on}{_or_worse(verdict.fail_on)}."


def _or_worse(level: str) -> str:
    return " or error" if level == "warning" else ""


def _describe_finding(judged: Judged, *, blocks: bool) -> FindingRow:
    finding = judged.finding
    return FindingRow(
        level=finding.level,
        became=judged.became,
        where=str(finding.source),
        rule_id=judged.rule_id,
        rule=finding.name,
        message=finding.message,
        advice=RULE_OF[finding.rule].advice if finding.rule in RULE_OF else "",
        excuse=_describe_excuse(judged.excuse) if judged.excuse else "",
        related=tuple(map(str, judged.related[:RELATED_SHOWN])),
        related_left=max(len(judged.related) - RELATED_SHOWN, 0),
        blocks=blocks,
    )


def _describe_excuse(excuse: Excuse) -> str:
    until = f" until {excuse.until}" if excuse.until else ""
    return f"{excuse.reason}{until} ({excuse.source})"


def _group_others(rows: Sequence[tuple[Judged, FindingRow]]) -> tuple[tuple[str, tuple[FindingRow, ...]], ...]:
    """The findings that need no look now, by what became of them."""
    rest = [(each, row) for each, row in rows if not row.blocks]
    return (
        ("excused", tuple(row for each, row in rest if each.became == "new" and each.excuse is not None)),
        ("there before", tuple(row for each, row in rest if each.became == "unchanged")),
        ("fixed", tuple(row for each, row in rest if each.became == "fixed")),
    )


def _list_figures(verdict: Verdict) -> Iterator[Figure]:
    """The numbers of the top, the same for before and after."""
    before, after = verdict.before, verdict.after
    yield Figure(
        "nodes", None if before is None else f"{before.nodes:,}", f"{after.nodes:,}", _count_fates(verdict.machines)
    )
    yield _compare_losses("worst single loss", before, after, "worst")
    yield _compare_losses("worst pair", before, after, "worst_pair")
    notes = [count_of(after.cost.unpriced, "machine") + " without a price"] if after.cost.unpriced else []
    notes += [f"prices of {after.cost.priced_on}"] if after.cost.priced_on else []
    yield Figure(
        "USD a month",
        None if before is None else _render_amount(before.cost),
        _render_amount(after.cost),
        ", ".join(notes),
    )


def _compare_losses(name: str, before: Side | None, after: Side, which: Literal["worst", "worst_pair"]) -> Figure:
    radius: BlastRadius | None = getattr(after, which)
    old: BlastRadius | None = None if before is None else getattr(before, which)
    note = " and ".join(map(str, radius.domains)) if radius else ""
    return Figure(name, None if before is None else _render_worst(old), _render_worst(radius), note)


def _render_worst(radius: BlastRadius | None) -> str:
    return render_share(radius.worst_share) if radius else "–"


def _render_amount(cost: MonthlyCost) -> str:
    return f"{cost.amount:,.2f}"


def _list_matrices(verdict: Verdict) -> Iterator[tuple[str, Matrix]]:
    before, after = verdict.before, verdict.after
    yield "One domain lost", lay_out_losses(None if before is None else before.losses, after.losses)
    if after.pairs or (before and before.pairs):
        yield (
            "The worst two of a kind lost at once",
            lay_out_losses(None if before is None else before.pairs, after.pairs),
        )


def _count_fates(moves: Sequence[MachineChange]) -> str:
    """Such as "2 added, 1 moves"."""
    counts = Counter(move.fate for move in moves)
    return ", ".join(f"{counts[fate]:,} {words}" for fate, words in COUNTED.items() if counts[fate])


def _name_fate(move: MachineChange) -> MoveRow:
    return MoveRow(move.node, move.group, FATES[move.fate], move.before, move.after, move.fence)


def _list_costs(before: Side | None, after: Side) -> Iterator[CostRow]:
    if before is not None:
        yield _describe_cost("before", before.cost)
    yield _describe_cost("now" if before is None else "after", after.cost)
    if before is not None:
        yield CostRow("difference", f"{after.cost.amount - before.cost.amount:+,.2f}".replace("-", "−"), "", "")


def _describe_cost(name: str, cost: MonthlyCost) -> CostRow:
    return CostRow(name, _render_amount(cost), str(cost.unpriced), cost.priced_on or "–")
