"""check against a base: both sides read and examined, one verdict. Without a base, the lock as it stands."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from orchestrator.documents.text_file import read_text
from orchestrator.lockfile.lines import number_lines
from orchestrator.lockfile.read import SIZE_LIMIT_BYTES
from orchestrator.model.baseline import Baseline, BaselineEntry
from orchestrator.model.errors import OrchestratorError
from orchestrator.model.lock import Lock
from orchestrator.model.plan import Finding
from orchestrator.model.review import Review
from orchestrator.model.rule_ids import ALWAYS
from orchestrator.model.source import Source
from orchestrator.policy.metrics import DEFAULT_THRESHOLD
from orchestrator.reconcile.comparison import Base, Examined, Terms, compute_verdict, find_wrong_parent
from orchestrator.reconcile.diversity import compute_diversity
from orchestrator.reconcile.judgement import Accepted, judge, set_levels
from orchestrator.reconcile.related import Lines, find_related
from orchestrator.reconcile.review import review
from orchestrator.reconcile.standing import compute_lock_standing
from orchestrator.reconcile.verdict import Counted, FailOn, Judged, Verdict
from orchestrator.workflows.base import BaseFiles, open_base
from orchestrator.workflows.check import find_all
from orchestrator.workflows.inputs import Inputs, read_inputs

NO_REVIEW = Review()


@dataclass(frozen=True)
class Demand:
    """What is asked of a check: with what to compare, from which level a finding keeps the change out, which count.

    `extra` are findings that were made elsewhere, such as of the clouds' quotas.
    """

    base: str | None = None
    fail_on: FailOn = "error"
    counted: Counted = "new"
    baseline: Baseline = field(default_factory=dict)
    threshold: Fraction = DEFAULT_THRESHOLD
    extra: tuple[Finding, ...] = ()


def compare(inputs: Inputs, demand: Demand, now: datetime) -> Verdict:
    """The verdict on the lock of `inputs`; OrchestratorError where there is none, or the base cannot be found."""
    if demand.base is None:
        after = examine(inputs, demand, now, demand.extra)
        return _decide(None, after, inputs, demand)
    with open_base(inputs.where, demand.base) as files:
        base, found = examine_base(files, inputs, demand, now)
        after = examine(inputs, demand, now, (*found, *demand.extra))
        return _decide(base, after, inputs, demand)


def _decide(base: Base | None, after: Examined, inputs: Inputs, demand: Demand) -> Verdict:
    metrics = compute_diversity(after.standing, demand.threshold)
    return compute_verdict(base, after, inputs.clients, Terms(demand.fail_on, demand.counted, metrics))


def examine(inputs: Inputs, demand: Demand, now: datetime, extra: Sequence[Finding] = ()) -> Examined:
    """One side: reviewed, its findings at their levels, under their fingerprints, and with the lock's lines."""
    lock = inputs.require_lock()
    reviewed = review(inputs.situation, lock)
    judgement = inputs.fleet.review or NO_REVIEW
    found = (*find_all(inputs, reviewed.findings, now), *extra)
    accepted = Accepted(judgement.suppressions, demand.baseline, now.date())
    judged = judge(inputs.fleet, set_levels(found, judgement.levels), accepted)
    standing = compute_lock_standing(reviewed.situation, lock)
    return Examined(reviewed, standing, find_related(judged, reviewed, read_lines(inputs)))


def read_lines(inputs: Inputs) -> Lines:
    """The lock's path, and the line of each machine in it."""
    path = inputs.where.lock_path
    return Lines(str(path), number_lines(read_text(path, SIZE_LIMIT_BYTES)))


def examine_base(files: BaseFiles, inputs: Inputs, demand: Demand, now: datetime) -> tuple[Base, tuple[Finding, ...]]:
    """The base, and what is found only by comparing with it. One that cannot be read counts as an empty fleet."""
    if not files.where.spec.is_file() or not files.where.lock_path.is_file():
        return Base(files.name, None), ()
    try:
        before = read_inputs(files.where, inputs.clients)
        examined = examine(before, demand, now)
    except OrchestratorError as error:
        return Base(files.name, None), (describe_unreadable(files, inputs, error),)
    judged = tuple(rename(files, each) for each in examined.judged)
    lock = inputs.require_lock()
    found = _find_parent(before.require_lock(), lock, Source.at(inputs.where.lock_path))
    return Base(files.name, replace(examined, judged=judged)), found


def _find_parent(base: Lock, lock: Lock, source: Source) -> tuple[Finding, ...]:
    """Another fleet's lock has no part in this one's descent."""
    return tuple(find_wrong_parent(base, lock, source)) if base.header.fleet == lock.header.fleet else ()


def describe_unreadable(files: BaseFiles, inputs: Inputs, error: OrchestratorError) -> Finding:
    """The warning that says why there is nothing to compare with."""
    said = files.rename_in(str(error)).split("\n", 1)[0]
    return Finding(
        rule="base",
        name="the base can be read",
        level="warning",
        subject="fleet",
        value="unreadable",
        bound="a spec and its lock",
        message=f"the base cannot be read, so every finding counts as new: {said}",
        source=Source.at(inputs.fleet.path),
    )


def rename(files: BaseFiles, judged: Judged) -> Judged:
    """The finding with its places as people know them."""
    finding = judged.finding.model_copy(update={"source": files.rename(judged.finding.source)})
    excuse = judged.excuse and replace(judged.excuse, source=files.rename(judged.excuse.source))
    related = tuple(map(files.rename, judged.related))
    return replace(judged, finding=finding, excuse=excuse, related=related)


def list_for_baseline(verdict: Verdict) -> tuple[BaselineEntry, ...]:
    """The findings that a baseline can hold: those that are there, but for those that nothing excuses."""
    return tuple(
        BaselineEntry(fingerprint=each.fingerprint, rule=each.finding.rule, subject=each.finding.subject)
        for each in verdict.findings
        if each.became != "fixed" and each.excuse is None and each.finding.rule not in ALWAYS
    )
