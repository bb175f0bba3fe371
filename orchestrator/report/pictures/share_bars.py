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
    """The domains of one kind for one subject, the fullest first; `left` are those not shown."""

    subject: str
    kind: str
    bars: tuple[Bar, ...]
    left: int

    @property
    def over(self) -> bool:
        """Whether a cap is broken."""
        return any(bar.over for bar in self.bars)

    @property
    def summary(self) -> str:
        """The chart in a sentence, for those who do not see it."""
        return "; ".join(
            f"{bar.domain} {bar.before_text} before, {bar.after_text} after" + (", over its cap" if bar.over else "")
            for bar in self.bars
        )


def lay_out_shares(shares: Iterable[ShareChange]) -> tuple[Chart, ...]:
    """A chart for each subject and kind, in the order given; charts with a broken cap first."""
    groups: dict[tuple[str, str], list[ShareChange]] = {}
    for share in shares:
        groups.setdefault((share.subject, share.kind), []).append(share)
    charts = [_lay_out(subject, kind, members) for (subject, kind), members in groups.items()]
    return tuple(sorted(charts, key=lambda chart: not chart.over))


def _lay_out(subject: str, kind: str, members: Sequence[ShareChange]) -> Chart:
    ordered = sorted(
        members, key=lambda each: (not _is_over(each), -(each.after or 0), -(each.before or 0), each.domain)
    )
    return Chart(subject, kind, tuple(map(_draw, ordered[:BARS_SHOWN])), max(len(ordered) - BARS_SHOWN, 0))


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
