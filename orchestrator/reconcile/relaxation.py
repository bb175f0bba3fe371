"""Rules with `relax`: since when one is broken after a loss, on account of what, and whether its time is up."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock, Relaxed
from orchestrator.model.loss import Loss
from orchestrator.model.plan import Finding
from orchestrator.model.quantity import render_duration
from orchestrator.model.rule import Rule


def compute_relaxed(
    fleet: Fleet, findings: Iterable[Finding], losses: Sequence[Loss], before: Lock | None, now: datetime
) -> tuple[Relaxed, ...]:
    """The rules with `relax` that are broken, by title. What was broken before keeps its start, whatever is lost since.

    Without a loss, now or when it began, nothing is relaxed. `now` is cut to whole seconds.
    """
    known = _get_relaxed(before)
    broken = {rule.title for rule, _ in _match(fleet, findings) if rule is not None and rule.relax is not None}
    cause = tuple(map(str, losses))
    found = (
        known.get(title) or (Relaxed(rule=title, cause=cause, since=now.replace(microsecond=0)) if cause else None)
        for title in sorted(broken)
    )
    return tuple(relaxed for relaxed in found if relaxed is not None)


def judge_relaxed(fleet: Fleet, findings: Iterable[Finding], lock: Lock, now: datetime) -> tuple[Finding, ...]:
    """The findings as they stand now: broken rules in their time of relaxation warn, and say until when.

    A rule whose time is up is broken as it is, and its expiry is an error of its own.
    """
    known = _get_relaxed(lock)
    judged: list[Finding] = []
    expired: dict[str, Finding] = {}
    for rule, finding in _match(fleet, findings):
        relaxed = known.get(rule.title) if rule is not None else None
        if rule is None or rule.relax is None or relaxed is None:
            judged.append(finding)
            continue
        until = relaxed.since + rule.relax
        if now < until:
            message = f"{finding.message}; relaxed until {render_time(until)} since {', '.join(relaxed.cause)} was lost"
            judged.append(finding.model_copy(update={"level": "warning", "message": message}))
        else:
            judged.append(finding)
            expired[rule.title] = _describe_expiry(rule, relaxed, until)
    return (*judged, *expired.values())


def _get_relaxed(lock: Lock | None) -> Mapping[str, Relaxed]:
    return {relaxed.rule: relaxed for relaxed in (lock.header.relaxed or ())} if lock else {}


def _match(fleet: Fleet, findings: Iterable[Finding]) -> Iterator[tuple[Rule | None, Finding]]:
    """Each finding with the rule of level error that it says is broken, if it says that of one."""
    rules = {(rule.verb, rule.source): rule for rule in fleet.policy if rule.level == "error"}
    return (
        (rules.get((finding.rule, finding.source)) if finding.level == "error" else None, finding)
        for finding in findings
    )


def _describe_expiry(rule: Rule, relaxed: Relaxed, until: datetime) -> Finding:
    lasted, cause = render_duration(until - relaxed.since), ", ".join(relaxed.cause)
    end = render_time(until)
    message = f"{rule.title} was to give way for {lasted} after the loss of {cause}; that ended at {end}"
    value, bound = f"broken since {render_time(relaxed.since)}", f"at most {lasted}"
    return Finding.of(rule, rule.title, message, value=value, bound=bound).model_copy(update={"rule": "relax"})


def render_time(time: datetime) -> str:
    """Such as "2026-11-23 12:00 UTC"."""
    return f"{time:%Y-%m-%d %H:%M %Z}"
