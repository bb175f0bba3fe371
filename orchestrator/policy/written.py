"""What is odd about a rule as written, whatever the placement: it can hold for no node, or speaks of nothing."""

from collections.abc import Sequence
from difflib import get_close_matches
from math import ceil, floor

from orchestrator.model.failure_domain import get_role
from orchestrator.model.plan import Finding
from orchestrator.model.quantity import render_amount
from orchestrator.model.rule import Allow, Below, Cap, Deny, MinNodes, Rule, Spread, Survive
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.subject import Members
from orchestrator.policy.weight import compute_share_for_one, compute_weights, render_weight


def find_written_mistakes(rule: Rule, subject: Sequence[Members], candidates: Candidates) -> tuple[Finding, ...]:
    """Findings of one rule for its subjects."""
    if not subject:
        role = next((f" with the role of {kind}" for kind in rule.kinds if get_role(kind)), "")
        return (_warn(rule, "", f"selects no group of this fleet{role}, so it asks for nothing"),)
    if isinstance(rule, Cap | Below):
        return tuple(finding for members in subject for finding in _find_zero_limit(rule, members))
    excessive = [finding for members in subject for finding in _find_too_much(rule, members)]
    return (*excessive, *_find_unknown_names(rule, subject, candidates))


def _find_zero_limit(rule: Cap | Below, members: Members) -> tuple[Finding, ...]:
    """A limit that is less than one node of the lightest group lets nobody stand anywhere: say what would do."""
    weights = compute_weights(members, rule.by)
    amount = rule.cap if isinstance(rule, Cap) else rule.below
    exact = weights.get_limit(amount)
    limit = floor(exact) if isinstance(rule, Cap) else ceil(exact) - 1
    lightest = min(weights.per_node.values())
    if limit >= lightest:
        return ()
    share = render_amount(compute_share_for_one(weights))
    enough = f"above {share}" if isinstance(rule, Below) else share
    allowed, whole = render_weight(max(limit, 0), weights.scale), render_weight(weights.wanted, weights.scale)
    message = (
        f"{render_amount(amount)} of {whole} {rule.by} leaves {allowed} per {rule.per}, "
        f"less than one node: write {enough} or add nodes"
    )
    return (_describe_amount(rule, members, allowed, render_weight(lightest, weights.scale), message),)


def _find_too_much(rule: Rule, members: Members) -> tuple[Finding, ...]:
    """An absolute number above all that there will be can never be met; a share cannot ask for as much."""
    if not isinstance(rule, MinNodes | Survive):
        return ()
    weights = compute_weights(members, rule.by)
    amount = rule.min_nodes if isinstance(rule, MinNodes) else rule.keep
    spare = sum(group.count * weights.per_node[group.name] for group in members.standby)
    most = weights.wanted + (spare if isinstance(rule, Survive) else 0)
    if weights.get_limit(amount) <= most:
        return ()
    there = render_weight(most, weights.scale)
    asked = render_amount(amount)
    message = f"{rule.title} asks for {asked} {rule.by}, and there are {there} in all: write less or add nodes"
    return (_describe_amount(rule, members, there, asked, message),)


def _describe_amount(
    rule: Cap | Below | MinNodes | Survive, members: Members, had: str, least: str, message: str
) -> Finding:
    """An amount that cannot do: how much there is, how much it takes."""
    value, bound = f"{had} {rule.by}", f"at least {least} {rule.by}"
    return Finding.of(rule, members.name, f"{members.name}: {message}", value=value, bound=bound)


def _find_unknown_names(rule: Rule, subject: Sequence[Members], candidates: Candidates) -> list[Finding]:
    """Names that no candidate's domain has: a slip of the pen would deny nothing, or allow nothing."""
    groups = [name for members in subject for name in members.all_names]
    findings = []
    for kind, name in _list_names(rule):
        known = tuple(candidates.get_occupiable(groups, kind).known)
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known[:8]) or 'none'}"
            findings.append(_warn(rule, name, f"no candidate is in {kind} {name}: {hint}"))
    return findings


def _list_names(rule: Rule) -> tuple[tuple[str, str], ...]:
    """The domains that a rule names, by kind."""
    if isinstance(rule, MinNodes):
        return tuple(rule.within.items())
    if isinstance(rule, Allow | Deny | Spread):
        names = rule.allow if isinstance(rule, Allow) else rule.deny if isinstance(rule, Deny) else rule.spread
        return tuple((rule.per, name) for name in names)
    return ()


def _warn(rule: Rule, subject: str, what: str) -> Finding:
    message = f"{rule.title} {what}" if not subject else f"{rule.title}: {what}"
    return Finding.of(rule, subject, message).model_copy(update={"level": "warning"})
