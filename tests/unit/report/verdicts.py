"""Verdicts made by hand, in which any name can be anything that a spec, a lock or a branch can be called."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from orchestrator.model.domain import Domain
from orchestrator.model.plan import Finding
from orchestrator.model.rule_ids import get_rule_id
from orchestrator.model.source import Source
from orchestrator.reconcile.blast_radius import BlastRadius, Toll
from orchestrator.reconcile.verdict import (
    Became,
    Excuse,
    Judged,
    MachineChange,
    MonthlyCost,
    ShareChange,
    Side,
    Verdict,
)

SPEC = "fleet.yaml"
HOSTILE = (
    "a`b``c",
    "| x | y |",
    "two\nlines\r\nthree",
    "::error file=x,line=1::owned",
    "%0A::set-output name=x::y%0D%25",
    "##[add-mask]x",
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "--> <!-- orchestrator check 0123456789abcdef quiet -->",
    "@octocat @org/team #1 GH-2 !3 user@example.org",
    "http://evil.example/x www.evil.example https://evil.example",
    "[words](http://evil.example) ![x](http://evil.example/x.png) [1](1)",
    "*a* _b_ ~~c~~ # d",
    "{0} {{x}} ${x} $(id) `id`",
    "]]> <![CDATA[ &amp; &lt; &#64;",
    "\x00\x07\x1b[31m\x7f",
    "\u202egnp.exe \u200f\u200e\u2066x\u2069",
    "zero\u200bwidth\ufeff",
    "\ud800 lone",
    "\ufffe\uffff",
    "\\[x\\] \\| \\`",
    "/close\n/merge",
)
names = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(min_size=1, max_size=40),
    st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=3).map("".join),
)


def make_finding(rule: str = "cap", name: str = "cap 50% per account", **fields: Any) -> Finding:
    facts = {
        "level": "error",
        "subject": "btc, account alpha",
        "value": "3 nodes",
        "bound": "at most 2 of 4 nodes (50%)",
        "message": "btc, account alpha: 3 nodes, where cap 50% per account asks for at most 2 of 4 nodes (50%)",
        "source": Source(SPEC, 22, 5),
    }
    return Finding.model_construct(rule=rule, name=name, **{**facts, **fields})


def make_judged(finding: Finding | None = None, became: Became = "new", **fields: Any) -> Judged:
    found = make_finding() if finding is None else finding
    return Judged(found, get_rule_id(found.rule), became, **{"fingerprint": "0123456789abcdef", **fields})


def make_side(nodes: int = 4, worst: str = "alpha", lost: int = 3, amount: str = "193.68") -> Side:
    domain = Domain.model_construct(kind="account", value=worst)
    radius = BlastRadius((domain,), ("btc-1",), (Toll("fleet", lost, nodes, None),), ())
    return Side(nodes, radius, None, MonthlyCost(Decimal(amount), 1, "2026-01-31"))


def make_verdict(findings: Sequence[Judged] = (), **fields: Any) -> Verdict:
    """A comparison with main in which nothing changes but what is given."""
    side = make_side()
    known: dict[str, Any] = {"shares": (), "machines": (), "before": side, "after": side, "base": "main"}
    return Verdict(fleet="demo", spec=SPEC, findings=tuple(findings), **{**known, **fields})


def make_rich_verdict() -> Verdict:
    """One of everything: what is new, excused, unchanged and fixed, and each kind of change."""
    deny = make_finding("deny", "deny FI per country", message="btc, country FI: 1 nodes", source=Source(SPEC, 23, 5))
    stale = make_finding("spec", "the lock matches the spec", message="made from another text", source=Source(SPEC, 1))
    drained = make_finding(
        "drained", "the lock matches the spec", level="warning", subject="btc-1.1", message="drained"
    )
    findings = (
        make_judged(related=(Source("fleet.lock", 2), Source("fleet.lock", 3), Source("fleet.lock", 2))),
        make_judged(drained, fingerprint="1"),
        make_judged(deny, fingerprint="2", excuse=Excuse("moves next week", "2026-12-01", Source(SPEC, 30, 3))),
        make_judged(deny, "unchanged", fingerprint="3"),
        make_judged(deny, "unchanged", fingerprint="3"),
        make_judged(stale, "fixed", fingerprint="4"),
    )
    shares = (
        ShareChange("btc", "account", "alpha", Fraction(1, 2), Fraction(3, 4), Fraction(1, 2)),
        ShareChange("btc", "account", "beta", Fraction(1, 2), Fraction(1, 4), None),
        ShareChange("btc", "region", "fsn1", Fraction(1, 2), Fraction(1, 2), None),
    )
    machines = (
        MachineChange("btc-1", "btc", "relocated", "beta/hel1", "alpha/fsn1"),
        MachineChange("btc-4", "btc", "added", None, "alpha/fsn1"),
        MachineChange("eth-1", "eth", "retired", "beta/hel1", None, signs=True, fence="evidence that it stopped"),
    )
    after = make_side(5, lost=4, amount="250")
    return make_verdict(findings, shares=shares, machines=machines, after=after)


def rename(verdict: Verdict, name: str) -> Verdict:
    """The same verdict with every name and text from outside replaced."""
    source = Source(name, 7, 3)

    def judge(judged: Judged) -> Judged:
        finding = judged.finding.model_copy(
            update={"name": name, "subject": name, "message": name, "value": name, "bound": name, "source": source}
        )
        excuse = judged.excuse and replace(judged.excuse, reason=name, source=source)
        return replace(judged, finding=finding, excuse=excuse, related=tuple(source for _ in judged.related))

    return replace(
        verdict,
        fleet=name,
        spec=name,
        base=name,
        findings=tuple(judge(each) for each in verdict.findings),
        shares=tuple(replace(each, subject=name, domain=name) for each in verdict.shares),
        machines=tuple(
            replace(each, node=name, group=name, before=name, after=name, fence=each.fence and name)
            for each in verdict.machines
        ),
        before=make_side(4, worst=name),
        after=make_side(5, worst=name),
    )
