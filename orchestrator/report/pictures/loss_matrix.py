"""The blast-radius matrix: a row a loss, a column a subject, and the share of its nodes that the loss takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from orchestrator.model.plan import Finding
from orchestrator.reconcile.blast_radius import BlastRadius
from orchestrator.reconcile.distribution import ALL
from orchestrator.report.shares import render_share

ROWS_SHOWN = 24
NAMES_SHOWN = 3

# Steps of colour at what matters to a chain: a tenth, a third (finality of proof-of-stake chains), half, two thirds.
STEPS = (Fraction(1, 10), Fraction(1, 3), Fraction(1, 2), Fraction(2, 3))


@dataclass(frozen=True)
class Cell:
    """The share of one subject that a loss takes; `step` is 0 for none, else 1 to 5; `was` is empty if the same."""

    subject: str
    text: str
    step: int
    was: str


@dataclass(frozen=True)
class Row:
    """A loss: names of the domains that are the same nodes, what it takes, and the rules that it breaks."""

    names: tuple[str, ...]
    more: int
    nodes: int
    was: int | None
    cells: tuple[Cell, ...]
    broken: tuple[Finding, ...]


@dataclass(frozen=True)
class Matrix:
    """The losses, the worst first; `left` rows are not shown."""

    subjects: tuple[str, ...]
    rows: tuple[Row, ...]
    left: int

    @property
    def summary(self) -> str:
        """The worst of it in a sentence, for those who do not see it."""
        if not self.rows:
            return "no loss takes a node"
        worst = self.rows[0]
        taken = ", ".join(f"{cell.text} of {cell.subject}" for cell in worst.cells if cell.step)
        return f"{len(self.rows) + self.left} losses; the worst, {worst.names[0]}, takes {taken or 'nothing'}"


def lay_out_losses(before: Sequence[BlastRadius] | None, after: Sequence[BlastRadius]) -> Matrix:
    """The matrix of the losses after, each held against the same loss before; None where there is no before.

    A loss that takes something before alone comes last, since it takes nothing any more.
    """
    known = {radius.domains: radius for radius in before or ()}
    now = {radius.domains: radius for radius in after}
    pairs = [(radius, known.get(radius.domains)) for radius in after]
    gone = [(BlastRadius(old.domains, (), (), ()), old) for old in before or () if old.domains not in now]
    subjects = _list_subjects([*(before or ()), *after])
    rows: dict[object, list[tuple[BlastRadius, BlastRadius | None]]] = {}
    for new, old in [*pairs, *gone]:
        rows.setdefault(_get_key(new, old), []).append((new, old))
    merged = [_draw(same, subjects, is_compared=before is not None) for same in rows.values()]
    return Matrix(subjects, tuple(merged[:ROWS_SHOWN]), max(len(merged) - ROWS_SHOWN, 0))


def _get_key(new: BlastRadius, old: BlastRadius | None) -> object:
    """Losses with the same key are one event by several names."""
    broken = tuple(f"{finding.source}{finding.message}" for finding in new.broken)
    return new.nodes, broken, None if old is None else old.nodes


def _list_subjects(radii: Sequence[BlastRadius]) -> tuple[str, ...]:
    """All of the fleet, then chains and groups by name."""
    return tuple(
        sorted({toll.subject for radius in radii for toll in radius.tolls}, key=lambda name: (name != ALL, name))
    )


def _draw(same: Sequence[tuple[BlastRadius, BlastRadius | None]], subjects: Sequence[str], *, is_compared: bool) -> Row:
    new, old = same[0]
    names = [" and ".join(map(str, radius.domains)) for radius, _ in same]
    shares, were = _list_shares(new), _list_shares(old) if old else {}
    return Row(
        names=tuple(names[:NAMES_SHOWN]),
        more=max(len(names) - NAMES_SHOWN, 0),
        nodes=len(new.nodes),
        was=len(old.nodes if old else ()) if is_compared else None,
        cells=tuple(
            _fill(name, shares.get(name), were.get(name) if is_compared else shares.get(name)) for name in subjects
        ),
        broken=new.broken,
    )


def _list_shares(radius: BlastRadius) -> Mapping[str, Fraction]:
    return {toll.subject: toll.share for toll in radius.tolls}


def _fill(subject: str, share: Fraction | None, was: Fraction | None) -> Cell:
    now, then = share or Fraction(0), was or Fraction(0)
    step = 1 + sum(now >= limit for limit in STEPS) if now else 0
    text, before = render_share(now), render_share(then)
    return Cell(subject, text, step, "" if text == before else before)
