"""A repository of thirty commits, as a team makes them: the verdict on each, with its lines, in every form."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from orchestrator.model.errors import InvalidDocument
from orchestrator.reconcile.verdict import Verdict
from orchestrator.report.formats import FORMATS, find_renderer
from tests.unit.repositories import NOW, Repository, list_rules

SUPPRESSION = """\
review:
  suppressions:
    - {rule: PLC004, reason: the second country is ordered, until: 2026-12-31}
"""


@dataclass(frozen=True)
class Step:
    """A commit: what is done, and what the verdict on it says. `lines` has the text that a new finding's line holds."""

    name: str
    act: Callable[[Repository], None]
    new: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    fates: dict[str, int] = field(default_factory=dict)
    blocked: bool = False
    lines: dict[str, str] = field(default_factory=dict)


def edit(old: str, new: str) -> Callable[[Repository], None]:
    return lambda repository: repository.edit(old, new)


def placed(old: str, new: str) -> Callable[[Repository], None]:
    def act(repository: Repository) -> None:
        repository.edit(old, new)
        repository.place()

    return act


def begin(repository: Repository) -> None:
    repository.write()
    repository.place()


def place_again(repository: Repository) -> None:
    repository.place()


def raise_price(repository: Repository) -> None:
    repository.edit("40.00", "50.00", repository.folder / "catalog" / "machines.csv")


def move_by_hand(repository: Repository) -> None:
    """Everything that stands at umbrella is written as if it stood at acme."""
    lock = repository.where.lock_path
    text = lock.read_text(encoding="utf-8")
    moved = text.replace(
        '"account": "beta", "provider": "umbrella", "region": "west"',
        '"account": "alpha", "provider": "acme", "region": "north"',
    )
    moved = moved.replace('"zone": "west-1"', '"zone": "north-1"').replace('"zone": "west-2"', '"zone": "north-1"')
    assert moved != text
    lock.write_text(moved.replace('"medium"', '"small"'), encoding="utf-8")


def take_back(repository: Repository) -> None:
    repository.git("checkout", "HEAD~1", "--", "fleet.lock", "fleet.yaml")


def rename_group(repository: Repository) -> None:
    repository.edit("  btc:\n", "  bitcoin:\n")
    repository.place()


def add_comment(repository: Repository) -> None:
    repository.write(f"# ours\n\n{repository.where.spec.read_text(encoding='utf-8')}")


def add_suppression(repository: Repository) -> None:
    with repository.where.spec.open("a", encoding="utf-8") as file:
        file.write(SUPPRESSION)


def move_files(repository: Repository) -> None:
    repository.move("fleets")


MIN = "  - {name: countries, min_domains: 4, per: country, level: warning}\n"
STEPS = (
    Step("first", begin, fates={"added": 6}),
    Step("a comment", edit("fleet: demo", "# of ours\nfleet: demo")),
    Step("a provider is added", placed("groups:", "  beta: {provider: umbrella}\ngroups:")),
    Step(
        "a cap is edited and nothing placed",
        edit("cap: 100%", "cap: 67%"),
        new=("cap", "spec"),
        blocked=True,
        lines={"cap": "cap: 67%", "spec": "# of ours"},
    ),
    Step("it is placed", place_again, fixed=("cap", "spec"), fates={"relocated": 2}),
    Step("more nodes", placed("count: 6", "count: 8"), fates={"added": 2}),
    Step("fewer nodes", placed("count: 8", "count: 7"), fates={"retired": 1}),
    Step(
        "fewer nodes, not placed",
        edit("count: 7", "count: 6"),
        new=("count", "spec"),
        blocked=True,
        lines={"count": "  btc:"},
    ),
    Step("placed again", place_again, fixed=("count", "spec"), fates={"retired": 1}),
    Step("a price", raise_price),
    Step(
        "the lock is edited by hand",
        move_by_hand,
        new=("cap", "revision"),
        fates={"relocated": 2},
        blocked=True,
        lines={"cap": "cap: 67%"},
    ),
    Step("the lock is restored", take_back, fixed=("cap", "revision"), fates={"relocated": 2}),
    Step("the group is renamed", rename_group, fates={"added": 6, "retired": 6}),
    Step(
        "an account is renamed and nothing placed",
        edit("  beta:", "  gamma:"),
        new=("account",) * 5 + ("spec",),
        blocked=True,
    ),
    Step("the account has its name again", edit("  gamma:", "  beta:"), fixed=("account",) * 5 + ("spec",)),
    Step(
        "a warning is new",
        placed("control:\n", f"{MIN}control:\n"),
        new=("min_domains",),
        lines={"min_domains": "min_domains: 4"},
    ),
    Step("its line moves", add_comment, unchanged=("min_domains",)),
    Step(
        "it becomes an error",
        edit(", level: warning", ""),
        new=("min_domains", "spec"),
        blocked=True,
        lines={"min_domains": "min_domains: 4"},
    ),
    Step(
        "and a warning again",
        edit("per: country}", "per: country, level: warning}"),
        fixed=("spec",),
        unchanged=("min_domains",),
    ),
    Step("it is suppressed", add_suppression, unchanged=("min_domains",)),
    Step("the suppression goes", lambda r: r.edit(SUPPRESSION, ""), new=("min_domains",)),
    Step("the rule goes", placed(MIN, ""), fixed=("min_domains",)),
    Step("a suppression of nothing", add_suppression, new=("suppression",), lines={"suppression": "PLC004"}),
    Step("it goes too", lambda r: r.edit(SUPPRESSION, ""), fixed=("suppression",)),
    Step("another client", placed("[btcd]", "[bitcoin-core]"), fates={"client": 6}),
    Step("files move", move_files),
)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Step, Verdict, str]]:
    """By the step's name: the step, the verdict on it, and the spec's text then."""
    repository = Repository(tmp_path_factory.mktemp("history"))
    found = {}
    for step in STEPS:
        step.act(repository)
        repository.commit(step.name)
        found[step.name] = (step, repository.check(), repository.where.spec.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", [step.name for step in STEPS])
def test_each_commit_gets_its_verdict(name: str, verdicts: dict[str, tuple[Step, Verdict, str]]) -> None:
    step, verdict, text = verdicts[name]
    known = ("artifact",)
    new, unchanged, fixed = (
        tuple(rule for rule in list_rules(verdict, became) if rule not in known)
        for became in ("new", "unchanged", "fixed")
    )
    assert (new, unchanged, fixed) == (step.new, step.unchanged, step.fixed)
    assert dict(Counter(change.fate for change in verdict.machines)) == step.fates
    assert bool(verdict.blocking) == step.blocked
    lines = text.split("\n")
    for judged in verdict.findings:
        rule, source = judged.finding.rule, judged.finding.source
        if judged.became == "new" and rule in step.lines:
            assert step.lines[rule] in lines[source.line - 1]


@pytest.mark.parametrize("form", FORMATS)
def test_each_verdict_can_be_told_in_every_form(form: str, verdicts: dict[str, tuple[Step, Verdict, str]]) -> None:
    render = find_renderer(form)
    for _, verdict, _ in verdicts.values():
        assert isinstance(render(verdict), str)


def test_a_comment_changes_nothing_and_a_price_does(verdicts: dict[str, tuple[Step, Verdict, str]]) -> None:
    quiet = {name for name, (_, verdict, _) in verdicts.items() if verdict.changes_nothing}
    assert {"a comment", "its line moves", "files move"} <= quiet
    verdict = verdicts["a price"][1]
    assert verdict.before is not None
    assert verdict.before.cost.amount != verdict.after.cost.amount
    assert verdict.after.cost.priced_on == "2026-01-31"


def test_shares_are_told_before_and_after_against_the_cap(verdicts: dict[str, tuple[Step, Verdict, str]]) -> None:
    verdict = verdicts["it is placed"][1]
    [acme] = [
        share for share in verdict.shares if (share.subject, share.kind, share.domain) == ("btc", "provider", "acme")
    ]
    assert (acme.before, acme.after, acme.limit) == (Fraction(1), Fraction(2, 3), Fraction(67, 100))


def test_a_suppressed_finding_is_excused_for_its_time(verdicts: dict[str, tuple[Step, Verdict, str]]) -> None:
    _, verdict, text = verdicts["it is suppressed"]
    [judged] = [each for each in verdict.findings if each.finding.rule == "min_domains"]
    assert judged.excuse is not None
    assert (judged.excuse.until, judged.excuse.reason) == ("2026-12-31", "the second country is ordered")
    assert "PLC004" in text.split("\n")[judged.excuse.source.line - 1]


def test_the_lines_of_a_lock_edited_by_hand_are_named(verdicts: dict[str, tuple[Step, Verdict, str]]) -> None:
    verdict = verdicts["the lock is edited by hand"][1]
    related = {each.finding.rule: [source.line for source in each.related] for each in verdict.findings}
    assert related["revision"] == [1]
    assert related["cap"] == [2, 3, 4, 5, 7, 11]  # the others carry no node any more


@pytest.fixture
def branches(tmp_path: Path) -> Repository:
    """Two branches that were placed from one lock: main went on, and HEAD is on the other."""
    repository = Repository(tmp_path)
    repository.write()
    repository.place()
    repository.commit("first")
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.edit("count: 6", "count: 7")
    repository.place()
    repository.commit("one more node")
    repository.git("checkout", "--quiet", "main")
    repository.edit("groups:", "  beta: {provider: umbrella}\ngroups:")
    repository.edit("cap: 100%", "cap: 67%")
    repository.place()
    repository.commit("another provider")
    repository.git("checkout", "--quiet", "feature")
    return repository


def test_a_branch_is_held_against_where_it_left(branches: Repository) -> None:
    verdict = branches.check("main")
    assert Counter(change.fate for change in verdict.machines) == {"added": 1}
    assert not verdict.blocking
    assert verdict.base is not None
    assert verdict.base.startswith("main at ")


def test_a_merge_that_takes_its_own_lock_sits_on_the_wrong_parent(branches: Repository) -> None:
    branches.git("merge", "--no-commit", "main", check=False)
    branches.git("checkout", "--ours", "fleet.lock")
    branches.place()
    branches.commit("merged")
    verdict = branches.check("main")
    [parent] = [each for each in verdict.blocking if each.finding.rule == "parent"]
    assert parent.finding.source.file == str(branches.where.lock_path)
    assert parent.finding.source.line == 1


def test_a_merge_conflict_resolved_by_place_passes(branches: Repository) -> None:
    branches.git("merge", "--no-commit", "main", check=False)
    with pytest.raises(InvalidDocument, match=r"fleet\.lock:1:1: a merge conflict stands in the lock"):
        branches.check("main")
    branches.commit("the conflict is committed")
    branches.git("checkout", "main", "--", "fleet.lock")
    branches.place()
    branches.commit("placed")
    for base in ("main", "HEAD~1"):
        verdict = branches.check(base)
        assert not verdict.blocking, verdict.blocking
    [unreadable] = [each.finding for each in verdict.findings if each.finding.rule == "base"]
    assert unreadable.message.endswith("and run orchestrator place on the merged spec)")
    assert " fleet.lock:1:1: a merge conflict" in unreadable.message


def test_a_suppression_whose_time_is_up_keeps_every_change_out(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.write()
    repository.edit("control:\n", f"{MIN}control:\n")
    add_suppression(repository)
    repository.place()
    repository.commit("first")
    repository.commit("nothing")
    assert not repository.check().blocking
    late = repository.check(now=NOW + timedelta(days=60))
    assert [each.finding.message for each in late.blocking] == [
        "the suppression of PLC004 ended on 2026-12-31: the second country is ordered"
    ]
