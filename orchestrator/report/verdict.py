"""A verdict as text, a line a finding as compilers write them, and as plain data."""

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from orchestrator.model.source import Source
from orchestrator.reconcile.blast_radius import BlastRadius
from orchestrator.reconcile.verdict import Excuse, Judged, MachineChange, MonthlyCost, ShareChange, Side, Verdict
from orchestrator.report.diversity import describe_diversity, render_diversity
from orchestrator.report.findings import list_findings, render_findings
from orchestrator.report.shares import render_share

MOST_RELATED = 3
MOST_MOVES = 20
DONE = {"added": "added", "relocated": "moves", "retired": "retired", "client": "changes its clients"}


def render_json(verdict: Verdict) -> str:
    """The verdict for scripts."""
    return json.dumps(describe_verdict(verdict), indent=2, ensure_ascii=False) + "\n"


def describe_verdict(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain data, in the shape that docs/commands.md promises to scripts."""
    return {
        "revision": verdict.revision,
        "base": verdict.base,
        "blocked": bool(verdict.blocking),
        "findings": [describe_judged(each) for each in verdict.findings],
        "machines": [each.__dict__ for each in verdict.machines],
        "shares": [describe_share_change(each) for each in verdict.shares],
        "before": verdict.before and describe_side(verdict.before),
        "after": describe_side(verdict.after),
        "metrics": describe_diversity(verdict.metrics),
    }


def describe_judged(judged: Judged) -> dict[str, Any]:
    """One finding as plain data."""
    return {
        **list_findings([judged.finding])[0],
        "id": judged.rule_id,
        "became": judged.became,
        "fingerprint": judged.fingerprint,
        "related": [describe_source(source) for source in judged.related],
        "excuse": judged.excuse and describe_excuse(judged.excuse),
    }


def describe_source(source: Source) -> dict[str, Any]:
    """A place in a file as plain data."""
    return {"file": source.file, "line": source.line, "column": source.column}


def describe_excuse(excuse: Excuse) -> dict[str, Any]:
    """Why a finding does not count, as plain data."""
    return {"reason": excuse.reason, "until": excuse.until, **describe_source(excuse.source)}


def describe_share_change(share: ShareChange) -> dict[str, Any]:
    """A share before and after as plain data, from 0 to 1."""
    figures = {name: describe_fraction(getattr(share, name)) for name in ("before", "after", "limit")}
    return {"subject": share.subject, "kind": share.kind, "domain": share.domain, "by": share.by, **figures}


def describe_fraction(share: Fraction | None) -> float | None:
    """A share as a number, to four places."""
    return None if share is None else round(float(share), 4)


def describe_side(side: Side) -> dict[str, Any]:
    """One side as plain data."""
    return {
        "nodes": side.nodes,
        "worst": side.worst and describe_loss(side.worst),
        "worst_pair": side.worst_pair and describe_loss(side.worst_pair),
        "usd_per_month": float(side.cost.amount),
        "unpriced": side.cost.unpriced,
        "priced_on": side.cost.priced_on,
    }


def describe_loss(radius: BlastRadius) -> dict[str, Any]:
    """What a loss takes, as plain data."""
    return {
        "domains": [str(domain) for domain in radius.domains],
        "nodes": len(radius.nodes),
        "worst_share": describe_fraction(radius.worst_share),
        "broken": len(radius.broken),
    }


def render_text(verdict: Verdict) -> str:
    """The findings, then what changes, then how diverse the fleet stands."""
    metrics = render_diversity(verdict.metrics) if verdict.metrics else ""
    parts = ["".join(render_each(verdict)), render_changes(verdict), metrics]
    return "\n".join(part for part in parts if part)


def render_each(verdict: Verdict) -> Iterator[str]:
    """The findings, and in a review the lock's lines that the new ones are about."""
    for judged in verdict.findings:
        yield render_judged(judged)
        if verdict.base is not None and judged.became == "new":
            yield render_related(judged)


def render_judged(judged: Judged) -> str:
    """A finding on its line; what became of it and what excuses it where there is something to say."""
    line = render_findings([judged.finding]).rstrip("\n")
    notes: list[str] = [] if judged.became == "new" else [judged.became]
    if judged.excuse is not None:
        until = f" until {judged.excuse.until}" if judged.excuse.until else ""
        notes.append(f"excused{until} at {judged.excuse.source}")
    return f"{line}{render_notes(notes)}\n"


def render_related(judged: Judged) -> str:
    """The first lines of the lock that a finding is about, a line each, further in."""
    first = judged.related[:MOST_RELATED]
    more = "  and more of them\n" if len(judged.related) > len(first) else ""
    return "".join(f"  {source}: stands here\n" for source in first) + more


def render_notes(notes: Sequence[str]) -> str:
    """The notes in parentheses, after a blank; nothing where there are none."""
    return f" ({', '.join(notes)})" if notes else ""


def render_changes(verdict: Verdict) -> str:
    """What changes for the fleet; nothing where there is no base."""
    if verdict.base is None:
        return ""
    if verdict.changes_nothing:
        return f"against {verdict.base}: nothing changes\n"
    lines = [f"against {verdict.base}:", *render_moves(verdict), *render_shares(verdict), *render_figures(verdict)]
    return "".join(f"{line}\n" for line in lines)


def render_moves(verdict: Verdict) -> Iterator[str]:
    """A line a machine, as far as they can be read."""
    for change in verdict.machines[:MOST_MOVES]:
        yield f"  {render_move(change)}"
    if len(verdict.machines) > MOST_MOVES:
        yield f"  and {len(verdict.machines) - MOST_MOVES} more machines"


def render_move(change: MachineChange) -> str:
    """Such as "btc-3 moves from aws/… to gcp/…"."""
    where = {
        "added": f" at {change.after}",
        "retired": f" from {change.before}",
        "relocated": f" from {change.before} to {change.after}",
        "client": f" from {change.before} to {change.after}",
    }[change.fate]
    fence = f"; it signs: {change.fence}" if change.fence else "; it signs" if change.signs else ""
    return f"{change.node} {DONE[change.fate]}{where}{fence}"


def render_shares(verdict: Verdict) -> Iterator[str]:
    """A line a share that changes."""
    for share in verdict.shares:
        if share.before != share.after:
            limit = "" if share.limit is None else f" (cap {render_share(share.limit)})"
            before, after = (render_fraction(each) for each in (share.before, share.after))
            yield f"  {share.subject}, {share.kind} {share.domain}: {before} → {after} of {share.by}{limit}"


def render_fraction(share: Fraction | None) -> str:
    """A share as people read it; "none" of what has no nodes."""
    return "none" if share is None else render_share(share)


def render_figures(verdict: Verdict) -> Iterator[str]:
    """The worst losses and the cost, before and after."""
    before, after = verdict.before, verdict.after
    yield f"  worst loss: {render_loss(before.worst if before else None)} → {render_loss(after.worst)}"
    yield f"  worst pair: {render_loss(before.worst_pair if before else None)} → {render_loss(after.worst_pair)}"
    yield f"  a month: {render_cost(before.cost if before else None)} → {render_cost(after.cost)}"


def render_loss(radius: BlastRadius | None) -> str:
    """Such as "provider=aws takes 40 %"."""
    if radius is None:
        return "none"
    return f"{' and '.join(map(str, radius.domains))} takes {render_share(radius.worst_share)}"


def render_cost(cost: MonthlyCost | None) -> str:
    """Such as "730.00 USD (prices of 2026-01-01, 3 machines without one)"."""
    if cost is None:
        return "nothing"
    notes = [f"prices of {cost.priced_on}"] if cost.priced_on else []
    notes += [f"{cost.unpriced} machines without one"] if cost.unpriced else []
    return f"{cost.amount:,.2f} USD{render_notes(notes)}"
