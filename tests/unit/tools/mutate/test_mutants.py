"""Mutants as mutmut tells of them, held against the list of those that change nothing; the copy that they run in."""

import subprocess
from pathlib import Path

import pytest

from tools.mutate.equivalents import EQUIVALENTS, Equivalent, read_equivalents
from tools.mutate.mirror import mirror
from tools.mutate.mutant import Mutant, parse_change, parse_results
from tools.mutate.table import find_living, find_stale, render_table

METHOD = "orchestrator.policy.measures.xǁDistinctǁencode__mutmut_22"
FUNCTION = "orchestrator.policy.spread.x__bind__mutmut_1"
DIFF = """\
# orchestrator.policy.spread.x__bind__mutmut_1: survived
--- orchestrator/policy/spread.py
+++ orchestrator/policy/spread.py
@@ -1,3 +1,3 @@
 def _bind(rule):
-    return Bound(
-        rule)
+    return Bound(None)
"""


def test_results_are_names_and_verdicts() -> None:
    text = f"loading\n    {METHOD}: survived\n    {FUNCTION}: no tests\nnote: a warning\n"
    assert list(parse_results(text)) == [(METHOD, "survived"), (FUNCTION, "no tests")]


def test_a_name_says_function_and_file() -> None:
    assert Mutant(METHOD, "killed").function == "orchestrator.policy.measures.Distinct.encode"
    assert Mutant(FUNCTION, "killed").function == "orchestrator.policy.spread._bind"
    assert Mutant(FUNCTION, "killed").file == "policy/spread.py"
    with pytest.raises(ValueError, match="no name of a mutant: x"):
        Mutant("x", "killed").file  # noqa: B018


def test_a_change_is_the_lines_that_go_and_those_that_come() -> None:
    assert parse_change(DIFF) == ("return Bound( rule)", "return Bound(None)")


@pytest.mark.parametrize(
    ("verdict", "killed"), [("killed", True), ("timeout", True), ("survived", False), ("no tests", False)]
)
def test_what_no_test_notices_lives(verdict: str, killed: bool) -> None:
    assert Mutant(METHOD, verdict).killed is killed


@pytest.mark.parametrize(
    ("entry", "covered"),
    [
        (Equivalent("orchestrator.policy.*", "rule)", "None)", ""), True),
        (Equivalent("*", "rule)", "", ""), True),
        (Equivalent("*._bind", "Bound(", "", ""), False),  # these words do not go: the change is another
        (Equivalent("*._bind", "rule)", "members)", ""), False),
        (Equivalent("orchestrator.placement.*", "rule)", "None)", ""), False),
    ],
)
def test_an_equivalent_covers_what_goes_and_what_comes(entry: Equivalent, covered: bool) -> None:
    assert entry.covers(Mutant(FUNCTION, "survived", *parse_change(DIFF))) is covered


def test_the_table_counts_by_file_and_in_all() -> None:
    known = [Equivalent("*._bind", "rule)", "None)", "it is None anyway"), Equivalent("*.gone", "a", "b", "")]
    mutants = [
        Mutant(METHOD, "survived", "a", "b"),
        Mutant(METHOD, "killed"),
        Mutant(FUNCTION, "survived", *parse_change(DIFF)),
    ]
    assert find_living(mutants, known) == mutants[:1]
    assert find_stale(mutants, known) == known[1:]
    assert render_table(mutants, known).splitlines() == [
        "| file | mutants | killed | equivalent | living |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| policy/measures.py | 2 | 1 | 0 | 1 |",
        "| policy/spread.py | 1 | 0 | 1 | 0 |",
        "| all | 3 | 1 | 1 | 1 |",
    ]


def test_every_known_equivalent_has_a_reason() -> None:
    assert all(entry.why and entry.was for entry in read_equivalents(EQUIVALENTS.read_text(encoding="utf-8")))


def test_the_copy_follows_the_checkout_and_keeps_what_was_found(tmp_path: Path) -> None:
    checkout, copy = tmp_path / "checkout", tmp_path / "copy"
    kept, gone = checkout / "orchestrator" / "kept.py", checkout / "tests" / "gone.py"
    for file in (kept, gone):
        file.parent.mkdir(parents=True)
        file.write_text("x = 1\n")
    subprocess.run(["git", "init", "--quiet"], cwd=checkout, check=True)
    subprocess.run(["git", "add", "."], cwd=checkout, check=True)
    (checkout / "unknown.py").write_text("")
    mirror(checkout, copy)
    results = copy / "mutants" / "tests" / "gone.py"
    results.parent.mkdir(parents=True)
    results.write_text("x = 1\n")
    (copy / "mutants" / "stats.json").write_text("{}")
    kept.write_text("x = 2\n")
    gone.unlink()
    mirror(checkout, copy)
    assert (copy / "orchestrator" / "kept.py").read_text() == "x = 2\n"
    assert not (copy / "tests" / "gone.py").exists()
    assert not results.exists()
    assert (copy / "mutants" / "stats.json").exists()
    assert not (copy / "unknown.py").exists()
