"""What becomes of findings: their levels by the spec, what excuses them, and whether the base had them already."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from orchestrator.model.fleet import Fleet
from orchestrator.model.plan import Finding
from orchestrator.model.review import Review, Suppression
from orchestrator.model.rule import VERBS, RuleBase
from orchestrator.model.rule_ids import ALWAYS, find_word, get_rule_id
from orchestrator.model.source import Source
from orchestrator.reconcile.verdict import Became, Excuse, Judged

FINGERPRINT_LENGTH = 32
IN_BASELINE = "it is in the baseline"
NO_REVIEW = Review()


@dataclass(frozen=True)
class Accepted:
    """What is accepted on a day: the suppressions of a spec, and the fingerprints of a baseline with their lines."""

    suppressions: tuple[Suppression, ...]
    baseline: Mapping[str, Source]
    today: date


def set_levels(findings: Iterable[Finding], levels: Mapping[str, str]) -> tuple[Finding, ...]:
    """The findings at the levels that the spec gives their rules, by name or id. The policy's rules have their own."""
    named = {find_word(rule): level for rule, level in levels.items()}
    return tuple(
        finding.model_copy(update={"level": named[finding.rule]})
        if finding.rule in named and finding.rule not in VERBS
        else finding
        for finding in findings
    )


def judge(fleet: Fleet, findings: Sequence[Finding], accepted: Accepted) -> tuple[Judged, ...]:
    """The findings under their fingerprints and excuses, all of them new, and then those on suppressions themselves."""
    judged = [_excuse(each, accepted) for each in identify(fleet, findings)]
    on_suppressions = tuple(_find_left_over(findings, accepted))
    return (*judged, *identify(fleet, on_suppressions))


def identify(fleet: Fleet, findings: Iterable[Finding]) -> Iterator[Judged]:
    """The findings with rule ids and fingerprints, of which no two are the same."""
    rules = {rule.source: rule for rule in fleet.policy}
    seen: Counter[str] = Counter()
    for finding in findings:
        key = "\0".join((finding.rule, _name(finding, rules), finding.subject))
        seen[key] += 1
        text = key if seen[key] == 1 else f"{key}\0{seen[key]}"
        fingerprint = hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:FINGERPRINT_LENGTH]
        yield Judged(finding, get_rule_id(finding.rule), "new", fingerprint)


def _name(finding: Finding, rules: Mapping[Source, RuleBase]) -> str:
    """The rule's name; of one without, what it speaks of but no amount: a cap that is edited is still the same cap."""
    rule = rules.get(finding.source)
    if rule is None or rule.name is not None or finding.name != rule.title:
        return finding.name
    return " ".join((rule.verb, *rule.kinds, getattr(rule, "by", "nodes"), rule.level))


def _excuse(judged: Judged, accepted: Accepted) -> Judged:
    if judged.finding.rule in ALWAYS:
        return judged
    for suppression in accepted.suppressions:
        if accepted.today <= suppression.until and is_of(suppression, judged.finding):
            until = suppression.until.isoformat()
            return replace(judged, excuse=Excuse(suppression.reason, until, suppression.source))
    line = accepted.baseline.get(judged.fingerprint)
    return judged if line is None else replace(judged, excuse=Excuse(IN_BASELINE, None, line))


def is_of(suppression: Suppression, finding: Finding) -> bool:
    """Whether the suppression speaks of the finding."""
    return (
        find_word(suppression.rule) == finding.rule
        and suppression.named in (None, finding.name)
        and suppression.subject in (None, finding.subject)
    )


def _find_left_over(findings: Sequence[Finding], accepted: Accepted) -> Iterator[Finding]:
    """Suppressions whose time is up, and those that hide nothing."""
    for suppression in accepted.suppressions:
        subject = suppression.rule if suppression.subject is None else f"{suppression.rule} of {suppression.subject}"
        expired = suppression.until < accepted.today
        if not expired and any(is_of(suppression, finding) for finding in findings):
            continue
        if expired:
            message = f"the suppression of {subject} ended on {suppression.until}: {suppression.reason}"
        else:
            message = f"the suppression of {subject} hides nothing: take it out"
        yield Finding(
            rule="suppression",
            name="suppressions hide what there is, for a time",
            level="error" if expired else "warning",
            subject=subject,
            value=f"until {suppression.until}",
            bound="a finding, and a day to come",
            message=message,
            source=suppression.source,
        )


def compare_findings(before: Sequence[Judged], after: Sequence[Judged]) -> tuple[Judged, ...]:
    """What became of the findings: the new ones first, then the unchanged, then those of the base that are fixed."""
    old = {each.fingerprint: each for each in before}
    judged = [replace(each, became=_find_fate(old.get(each.fingerprint), each)) for each in after]
    left = {each.fingerprint for each in after}
    judged += [replace(each, became="fixed") for each in before if each.fingerprint not in left]
    order: tuple[Became, ...] = ("new", "unchanged", "fixed")
    return tuple(sorted(judged, key=lambda each: order.index(each.became)))


def _find_fate(before: Judged | None, after: Judged) -> Became:
    """Unchanged is what the base had, as bad and counted as much as here, and was no other state of the lock itself."""
    if before is None or (after.finding.rule, after.finding.level) == ("suppression", "error"):
        return "new"
    graver = (before.finding.level, after.finding.level) == ("warning", "error")
    worse = (before.finding.excess or 0) < (after.finding.excess or 0)
    uncovered = before.excuse is not None and after.excuse is None
    values = ((each.finding.value, each.finding.bound) for each in (before, after))
    another = after.finding.rule in ALWAYS and len(set(values)) > 1
    return "new" if graver or worse or uncovered or another else "unchanged"
