"""What would make an infeasible fleet placeable: for each rule of the conflict the smallest loosening that is enough.

Each repair is one change, found by search and verified by solving with that change and nothing else changed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from orchestrator.model.failure_domain import DOMAIN_KINDS, DomainKind, Placed
from orchestrator.model.missing import render_filling
from orchestrator.model.plan import Repair
from orchestrator.model.rule import Allow, Deny, MinNodes, Rule
from orchestrator.placement.candidates import Situation
from orchestrator.placement.columns import Resource
from orchestrator.placement.feasible import CAPACITY, Capacity, Culprit, is_feasible
from orchestrator.placement.loosen import Ladder, list_ladders, render_value
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.missing import describe_fact
from orchestrator.policy.subject import compute_subjects

PLACES_SHOWN = 3
# A resource is tried by a solve of its own; a fleet of clouds alone has few that are limited.
MOST_RESOURCES_TRIED = 200


@dataclass(frozen=True, slots=True)
class _Found:
    """A repair, with what ranks it: known facts first, then the smaller relative change, then removal."""

    repair: Repair
    order: int
    change: Fraction


@dataclass(frozen=True, slots=True)
class _Trial:
    """What a change has to be enough for: the culprits that stay as they are beside the one that changes."""

    situation: Situation
    culprits: tuple[Culprit, ...]
    clears: Literal["all", "conflict"]

    def holds_with(self, culprit: Culprit, *changed: Culprit) -> bool:
        """Whether everything fits with the culprit in another form; with none, without it."""
        others = [other for other in self.culprits if other is not culprit]
        return is_feasible(self.situation, [*others, *changed])


def compute_repairs(situation: Situation, conflict: Sequence[Culprit]) -> tuple[Repair, ...]:
    """The repairs of a conflict, the smallest relative change first.

    A change is enough where the whole fleet can be placed with it. Where the fleet has several conflicts no one change
    may be; then a repair clears this conflict, and says so.
    """
    policy = tuple(rule for rule in situation.fleet.policy if rule.level == "error")
    whole = _Trial(situation, (*policy, CAPACITY), "all")
    part = _Trial(situation, tuple(conflict), "conflict")
    found = [
        each for culprit in conflict for each in _find_repairs(culprit, whole if whole.holds_with(culprit) else part)
    ]
    found += _find_missing_facts(whole, part, conflict)
    return tuple(each.repair for each in sorted(found, key=lambda each: (each.order, each.change)))


def _find_repairs(culprit: Culprit, trial: _Trial) -> Iterator[_Found]:
    if isinstance(culprit, Capacity):
        yield from _find_capacity(trial)
        return
    found = [
        *(each for ladder in list_ladders(culprit, trial.situation) for each in _climb(ladder, trial)),
        *_change_list(culprit, trial),
    ]
    yield from found or [_remove(culprit, trial)]


def _climb(ladder: Ladder, trial: _Trial) -> Iterator[_Found]:
    """The first form of a ladder that is enough: each form allows whatever the one before it allows."""
    rule = ladder.rule
    index = find_first(ladder.length, lambda step: trial.holds_with(rule, ladder.get_form(step)))
    if index is not None:
        to = render_value(ladder, ladder.get_value(index))
        what = f"write {ladder.key}: {to} in {rule.title} (now {render_value(ladder, ladder.written)})"
        yield _Found(_write(rule, ladder.key, to, what, trial), 1, ladder.compute_change(index))


def find_first(length: int, is_enough: Callable[[int], bool]) -> int | None:
    """The smallest index below `length` that is enough, by bisection; None where the last is not."""
    if length == 0 or not is_enough(length - 1):
        return None
    low, high = 0, length - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle + 1, high)
    return low


def _change_list(rule: Rule, trial: _Trial) -> Iterator[_Found]:
    """For `allow` the fewest domains more, for `deny` the fewest less: one where one will do, else none to spare."""
    if not isinstance(rule, Allow | Deny):
        return
    written = rule.allow if isinstance(rule, Allow) else rule.deny
    others = _list_other_domains(rule, trial.situation) if isinstance(rule, Allow) else written
    changes = _find_fewest(others, lambda changed: trial.holds_with(rule, *_rewrite(rule, changed)))
    if not changes or (isinstance(rule, Deny) and len(changes) == len(written)):
        return
    names = (*written, *changes) if isinstance(rule, Allow) else tuple(name for name in written if name not in changes)
    to = f"[{', '.join(names)}]"
    verb = "add" if isinstance(rule, Allow) else "take"
    what = f"{verb} {', '.join(changes)} {'to' if isinstance(rule, Allow) else 'out of'} {rule.title}"
    yield _Found(_write(rule, rule.verb, to, what, trial), 1, Fraction(len(changes), len(written)))


def _rewrite(rule: Allow | Deny, changes: Sequence[str]) -> tuple[Rule, ...]:
    """The rule with these domains allowed too, or denied no more; nothing where nothing would be denied."""
    if isinstance(rule, Allow):
        return (rule.model_copy(update={"allow": (*rule.allow, *changes)}),)
    left = tuple(name for name in rule.deny if name not in changes)
    return (rule.model_copy(update={"deny": left}),) if left else ()


def _find_fewest(names: Sequence[str], is_enough: Callable[[Sequence[str]], bool]) -> tuple[str, ...]:
    """One name that is enough alone, else names of which none can be spared; none where all are not enough."""
    single = next((name for name in names if is_enough((name,))), None)
    if single is not None:
        return (single,)
    kept = tuple(names)
    if not kept or not is_enough(kept):
        return ()
    for name in names:
        rest = tuple(other for other in kept if other != name)
        if is_enough(rest):
            kept = rest
    return kept


def _list_other_domains(rule: Allow, situation: Situation) -> tuple[str, ...]:
    """Domains, or clients, that the subject could be in and the rule does not name."""
    names = [name for members in compute_subjects(rule, situation.fleet) for name in members.all_names]
    known = situation.candidates.get_occupiable(dict.fromkeys(names), rule.per).known
    return tuple(name for name in known if name not in rule.allow)


def _remove(rule: Rule, trial: _Trial) -> _Found:
    """No looser form is enough, or there is none: the rule can go, or become a warning. The filter has shown that."""
    what = f"remove {rule.title}, or make it level: warning; no looser form of it is enough"
    return _Found(_write(rule, "remove", "", what, trial), 2, Fraction(0))


def _write(rule: Rule, change: str, to: str, what: str, trial: _Trial) -> Repair:
    return Repair(
        rule=rule.verb,
        name=rule.title,
        change=change,
        to=to,
        clears=trial.clears,
        message=what + _render_clears(trial),
        source=rule.source,
    )


def _render_clears(trial: _Trial) -> str:
    return "" if trial.clears == "all" else "; it clears this conflict, and there is another beside it"


def _find_capacity(trial: _Trial) -> Iterator[_Found]:
    """Limited resources of which more is enough: each one that is alone, else several of which none can be spared."""
    free = trial.situation.free
    limited = sorted(resource for resource in free if resource.kind != "host")[:MOST_RESOURCES_TRIED]
    most = sum(group.count for group in trial.situation.fleet.groups)
    alone = [resource for resource in limited if _fits_with(trial, {resource: most})]
    choices: list[tuple[Resource, ...]] = [(resource,) for resource in alone]
    for needed in choices or [_find_needed(trial, limited, most)]:
        more = _find_least_more(trial, dict.fromkeys(needed, most))
        change = max((Fraction(extra, free[resource] or 1) for resource, extra in more.items()), default=Fraction(0))
        yield _Found(_write_capacity(trial, more), 1 if more else 2, change)


def _find_needed(trial: _Trial, limited: Sequence[Resource], most: int) -> tuple[Resource, ...]:
    """Resources that are enough together, none to spare; none where all are not enough."""
    kept = tuple(limited)
    if not _fits_with(trial, dict.fromkeys(kept, most)):
        return ()
    for resource in limited:
        rest = tuple(other for other in kept if other != resource)
        if _fits_with(trial, dict.fromkeys(rest, most)):
            kept = rest
    return kept


def _find_least_more(trial: _Trial, more: Mapping[Resource, int]) -> Mapping[Resource, int]:
    """How much more of each is enough, one after another made as little as can be."""
    least = dict(more)
    for resource, most in more.items():
        index = find_first(most, lambda extra, each=resource: _fits_with(trial, {**least, each: extra + 1}))  # type: ignore[misc]
        least[resource] = most if index is None else index + 1
    return least


def _write_capacity(trial: _Trial, more: Mapping[Resource, int]) -> Repair:
    """What is free must become so much; with nothing that is enough, what is left to do."""
    free = trial.situation.free
    wanted = [
        f"{free[resource] + extra} machines free of {resource.kind} {resource.name}" for resource, extra in more.items()
    ]
    now = ", ".join(str(free[resource]) for resource in more)
    what = f"have {' and '.join(wanted)} (now {now})" if more else "enrol more hosts, add regions, or lower a count"
    return Repair(
        rule="capacity",
        name=", ".join(f"{resource.kind} {resource.name}" for resource in more),
        change="capacity",
        to=", ".join(str(free[resource] + extra) for resource, extra in more.items()),
        clears=trial.clears,
        message=what + _render_clears(trial),
        source=trial.situation.fleet.groups[0].source,
    )


def _fits_with(trial: _Trial, more: Mapping[Resource, int]) -> bool:
    free = trial.situation.free
    enlarged = {**free, **{resource: free[resource] + extra for resource, extra in more.items()}}
    return is_feasible(replace(trial.situation, free=enlarged), trial.culprits)


@dataclass(frozen=True, slots=True)
class _Filled:
    """A place with one unknown fact filled in as would suit best."""

    place: Placed
    kind: str
    value: str

    def get_domain(self, kind: DomainKind) -> str | None:
        """The fact; the filled-in value where nobody knows it."""
        known = self.place.get_domain(kind)
        return self.value if known is None and kind == self.kind else known


def _find_missing_facts(whole: _Trial, part: _Trial, conflict: Sequence[Culprit]) -> Iterator[_Found]:
    """Unknown domains that, were they known, could make everything fit: missing, and not impossible."""
    seen: set[str] = set()
    for rule in (culprit for culprit in conflict if not isinstance(culprit, Capacity)):
        for kind in rule.kinds:
            unknown = [] if kind in seen or kind not in DOMAIN_KINDS else _list_unknown(whole.situation, kind)
            seen.add(kind)
            trial = next((each for each in (whole, part) if unknown and _could_hold(each, kind, rule)), None)
            if trial is not None:
                what = _describe_unknown(kind, unknown, whole.situation.candidates)
                yield _Found(_write(rule, "facts", kind, what, trial), 0, Fraction(0))


def _describe_unknown(kind: str, places: Sequence[str], candidates: Candidates) -> str:
    shown = ", ".join(places[:PLACES_SHOWN]) + (" …" if len(places) > PLACES_SHOWN else "")
    known = f"the {kind} of {len(places)} places is unknown ({shown}), and known it could be enough"
    return f"{known}: {render_filling(describe_fact(kind, place, candidates) for place in places)}"


def _list_unknown(situation: Situation, kind: str) -> list[str]:
    cells = situation.candidates.cells
    return sorted({cell.place for cell in cells if situation.candidates.get_domain(cell, kind) is None})


def _could_hold(trial: _Trial, kind: str, rule: Rule) -> bool:
    """Whether some filling of the unknown facts fits: each place a domain of its own, or all in one that is named."""
    named = rule.allow[:1] if isinstance(rule, Allow) else ()
    asked = (rule.within[kind],) if isinstance(rule, MinNodes) else ()
    return any(_fits_filled(trial, kind, value) for value in (None, *named, *asked))


def _fits_filled(trial: _Trial, kind: str, value: str | None) -> bool:
    known = trial.situation.candidates
    places = {name: _Filled(place, kind, value or f"?{name}") for name, place in known.places.items()}
    candidates = Candidates(places, known.cells, known.pinned).offer(trial.situation.fleet.groups)
    return is_feasible(replace(trial.situation, candidates=candidates), trial.culprits)
