"""Fingerprints, levels, excuses, and what becomes of findings between a base and a change."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.fleet import Fleet
from orchestrator.model.plan import Finding
from orchestrator.model.review import Suppression
from orchestrator.model.rule import Cap
from orchestrator.model.source import Source
from orchestrator.reconcile.judgement import Accepted, compare_findings, identify, judge, set_levels
from orchestrator.reconcile.verdict import Excuse, Judged

TODAY = date(2026, 11, 23)
HERE = Source.at("fleet.yaml", 7)


def make_cap(share: str = "50%", line: int = 7, **fields: object) -> Cap:
    return Cap.model_validate({"cap": share, "per": "provider", "__source__": Source.at("fleet.yaml", line), **fields})


def make_fleet(*rules: Cap) -> Fleet:
    facts = {"fleet": "f", "accounts": (), "groups": (), "digest": "", "path": "fleet.yaml"}
    return Fleet.model_validate({**facts, "policy": rules})


def make_finding(rule: str = "control", subject: str = "fleet", **fields: object) -> Finding:
    facts = {"name": "n", "level": "error", "value": "", "bound": "", "message": "m", "source": HERE}
    return Finding.model_validate({**facts, "rule": rule, "subject": subject, **fields})


def identify_one(finding: Finding, *rules: Cap) -> Judged:
    [judged] = identify(make_fleet(*rules), [finding])
    return judged


def test_a_fingerprint_holds_no_line_number_or_level() -> None:
    first = identify_one(make_finding(value="3", bound="2", message="one"))
    moved = make_finding(value="4", bound="1", message="two", level="warning", source=Source.at("x.yaml", 99))
    assert identify_one(moved).fingerprint == first.fingerprint
    for other in (make_finding("skew"), make_finding(subject="btc"), make_finding(name="other")):
        assert identify_one(other).fingerprint != first.fingerprint
    assert first.rule_id == "PLC206"


def test_a_cap_without_a_name_stays_the_same_when_it_is_edited() -> None:
    old, new = make_cap("50%"), make_cap("40%", line=9)
    one, other = (identify_one(Finding.of(rule, "btc, provider acme", "m"), rule) for rule in (old, new))
    assert one.fingerprint == other.fingerprint
    stake = make_cap("40%", by="stake")
    assert identify_one(Finding.of(stake, "btc, provider acme", "m"), stake).fingerprint != one.fingerprint


@given(st.lists(st.tuples(st.sampled_from(["control", "skew"]), st.text(max_size=3)), max_size=12))
def test_no_two_findings_have_one_fingerprint(told: list[tuple[str, str]]) -> None:
    judged = list(identify(make_fleet(), [make_finding(rule, subject) for rule, subject in told]))
    assert len({each.fingerprint for each in judged}) == len(told)


def test_levels_are_of_findings_that_are_no_rules_of_the_policy() -> None:
    found = [make_finding("control", level="warning"), make_finding("cap"), make_finding("artifact", level="warning")]
    levels = [each.level for each in set_levels(found, {"PLC206": "error", "artifact": "error", "cap": "warning"})]
    assert levels == ["error", "error", "error"]


def make_suppression(rule: str = "control", until: str = "2026-11-23", **fields: str) -> Suppression:
    facts = {"rule": rule, "reason": "why", "until": until, "__source__": Source.at("fleet.yaml", 30)}
    return Suppression.model_validate({**facts, **fields})


@pytest.mark.parametrize(
    ("suppression", "excused", "told"),
    [
        (make_suppression(), True, []),
        (make_suppression("PLC206"), True, []),
        (make_suppression(subject="fleet", named="n"), True, []),
        (make_suppression(subject="btc"), False, ["warning"]),
        (make_suppression(named="x"), False, ["warning"]),
        (make_suppression("cap"), False, ["warning"]),
        (make_suppression(until="2026-11-22"), False, ["error"]),
    ],
)
def test_a_suppression_holds_until_its_last_day(suppression: Suppression, excused: bool, told: list[str]) -> None:
    first, *others = judge(make_fleet(), [make_finding()], Accepted((suppression,), {}, TODAY))
    assert (first.excuse is not None) == excused
    assert [each.finding.level for each in others] == told
    assert all(each.finding.source == suppression.source for each in others)


@pytest.mark.parametrize("rule", ["spec", "revision", "fleet", "parent"])
def test_nothing_excuses_a_lock_that_is_not_the_spec_s(rule: str) -> None:
    finding = make_finding(rule)
    known = {identify_one(finding).fingerprint: HERE}
    first, *_ = judge(make_fleet(), [finding], Accepted((make_suppression(rule),), known, TODAY))
    assert first.excuse is None


def test_a_baseline_excuses_at_its_line() -> None:
    line = Source.at("known.json", 4)
    known = {identify_one(make_finding()).fingerprint: line}
    [judged] = judge(make_fleet(), [make_finding()], Accepted((), known, TODAY))
    assert judged.excuse is not None
    assert (judged.excuse.source, judged.excuse.until) == (line, None)


EXCUSED = replace(identify_one(make_finding()), excuse=Excuse("why", None, HERE))


@pytest.mark.parametrize(
    ("before", "after", "became"),
    [
        (None, identify_one(make_finding()), "new"),
        (identify_one(make_finding()), identify_one(make_finding(value="9")), "unchanged"),
        (identify_one(make_finding(level="warning")), identify_one(make_finding()), "new"),
        (identify_one(make_finding()), identify_one(make_finding(level="warning")), "unchanged"),
        (identify_one(make_finding(excess=Fraction(1))), identify_one(make_finding(excess=Fraction(3, 2))), "new"),
        (identify_one(make_finding(excess=Fraction(2))), identify_one(make_finding(excess=Fraction(2))), "unchanged"),
        (identify_one(make_finding(excess=Fraction(2))), identify_one(make_finding(excess=Fraction(1))), "unchanged"),
        (EXCUSED, identify_one(make_finding()), "new"),
        (EXCUSED, EXCUSED, "unchanged"),
        (identify_one(make_finding("spec", value="a")), identify_one(make_finding("spec", value="a")), "unchanged"),
        (identify_one(make_finding("spec", value="a")), identify_one(make_finding("spec", value="b")), "new"),
        (identify_one(make_finding("suppression")), identify_one(make_finding("suppression")), "new"),
        (identify_one(make_finding()), None, "fixed"),
    ],
)
def test_what_becomes_of_a_finding(before: Judged | None, after: Judged | None, became: str) -> None:
    sides = [() if side is None else (side,) for side in (before, after)]
    assert [each.became for each in compare_findings(*sides)] == [became]


def test_new_ones_come_first_and_fixed_ones_last() -> None:
    a, b, c = (identify_one(make_finding(subject=name)) for name in "abc")
    assert [(each.finding.subject, each.became) for each in compare_findings((a, b), (b, c))] == [
        ("c", "new"),
        ("b", "unchanged"),
        ("a", "fixed"),
    ]
