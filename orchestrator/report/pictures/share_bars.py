"""Bars of shares: what each domain holds of a subject's nodes, before and after, against the tightest cap on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from orchestrator.reconcile.verdict import ShareChange
from orchestrator.report.shares import render_share

BARS_SHOWN = 12


@dataclass(frozen=True)
class Bar:
    """One domain: percents to draw (None: no nodes then) and the texts beside them. `over` the cap."""

    domain: str
    before: float | None
    after: float | None
    limit: float | None
    over: bool
    before_text: str
    after_text: str
    limit_text: str


@dataclass(frozen=True)
class Chart:
    """The domains of one kind for one subject, the fullest first; `by` is what is shared, `left` are not shown."""

    subject: str
    kind: str
    by: str
    bars: tuple[Bar, ...]
    left: int

    @property
    def over(self) -> bool:
        """Whether a cap is broken."""
        return any(bar.over for bar in self.bars)

    @property
    def is_capped(self) -> bool:
        """Whether any of its domains has a cap."""
        return any(bar.limit is not None for bar in self.bars)

    @property
    def summary(self) -> str:
        """The chart in a sentence, for those who do not see it."""
        return "; ".join(
            f"{bar.domain} {bar.before_text} before, {bar.after_text} after" + (", over its cap" if bar.over else "")
            for bar in self.bars
        )


def lay_out_shares(shares: Iterable[ShareChange]) -> tuple[Chart, ...]:
    """A chart for each subject, kind and measure: those with a broken cap first, then those with one; else as given."""
    groups: dict[tuple[str, str, str], list[ShareChange]] = {}
    for share in shares:
        groups.setdefault((share.subject, share.kind, share.by), []).append(share)
    charts = [_lay_out(key, members) for key, members in groups.items()]
    return tuple(sorted(charts, key=lambda chart: (not chart.over, not chart.is_capped)))


def _lay_out(key: tuple[str, str, str], members: Sequence[ShareChange]) -> Chart:
    ordered = sorted(members, key=_rank)
    return Chart(*key, tuple(map(_draw, ordered[:BARS_SHOWN])), max(len(ordered) - BARS_SHOWN, 0))


def _rank(share: ShareChange) -> tuple[bool, Fraction, Fraction, str]:
    return not _is_over(share), -(share.after or Fraction(0)), -(share.before or Fraction(0)), share.domain


def _draw(share: ShareChange) -> Bar:
    return Bar(
        domain=share.domain,
        before=_to_percent(share.before),
        after=_to_percent(share.after),
        limit=_to_percent(share.limit),
        over=_is_over(share),
        before_text=_render(share.before),
        after_text=_render(share.after),
        limit_text=_render(share.limit),
    )


def _is_over(share: ShareChange) -> bool:
    return share.after is not None and share.limit is not None and share.after > share.limit


def _to_percent(share: Fraction | None) -> float | None:
    return None if share is None else round(float(min(share, Fraction(1))) * 100, 2)


def _render(share: Fraction | None) -> str:
    return "–" if share is None else render_share(share)
