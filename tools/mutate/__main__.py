"""`python -m tools.mutate [PATTERN...]`: mutants that no test notices, in a copy of the checkout below build/."""

import argparse
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from tools.mutate.equivalents import EQUIVALENTS, read_equivalents
from tools.mutate.mirror import mirror
from tools.mutate.mutant import UNTRIED, Mutant, parse_change, parse_results
from tools.mutate.table import find_living, find_stale, render_table

CHECKOUT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).with_name("mutmut.cfg")
MUTMUT = CHECKOUT / "build" / "mutate" / "bin" / "mutmut"
COPY = CHECKOUT / "build" / "mutate" / "checkout"

# A mutant that lives runs every test of its function, so random fleets are few: others than in a test run, not worse.
TINY_FLEETS = "400"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where every mutant is killed or equivalent; 1 and the changes on stdout where one lives."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutate", description=__doc__)
    parser.add_argument(
        "patterns", nargs="*", help="mutants to try again, such as 'orchestrator.policy.spread.*' (all)"
    )
    parser.add_argument("--processes", type=int, default=1, help="how many mutants are tried at once (1)")
    options = parser.parse_args(arguments)
    mirror(CHECKOUT, COPY)
    (COPY / "setup.cfg").write_bytes(CONFIG.read_bytes())
    # mutmut tries no mutant twice on its own, and a new test may notice one that lived.
    lived = [mutant.name for mutant in read_mutants() if mutant.verdict == "survived"] if options.patterns == [] else []
    for names in filter(None, (options.patterns or ["*"], lived)):
        if run_mutmut("run", "--max-children", str(options.processes), *names).returncode:
            print("mutmut could not try the mutants: what it says is above", file=sys.stderr)
            return 2
    mutants, known = read_mutants(), read_equivalents(EQUIVALENTS.read_text(encoding="utf-8"))
    print(render_table(mutants, known))
    living = find_living(mutants, known)
    stale = [] if options.patterns else find_stale(mutants, known)  # an entry may be of what was not tried
    for mutant in living:
        print(f"\n{mutant.name}: {mutant.verdict}\n- {mutant.was}\n+ {mutant.becomes}")
    for entry in stale:
        print(f"\n{EQUIVALENTS.name}: nothing lives that is said to change nothing: {entry.function}: {entry.becomes}")
    return 1 if living or stale else 0


def read_mutants() -> list[Mutant]:
    """Every mutant that was tried, with its verdict; those that are not killed with their change."""
    found = []
    for name, verdict in parse_results(run_mutmut("results", "--all", "true", output=subprocess.PIPE).stdout):
        mutant = Mutant(name, verdict)
        if verdict == UNTRIED:
            continue
        if not mutant.killed:
            mutant = Mutant(name, verdict, *parse_change(run_mutmut("show", name, output=subprocess.PIPE).stdout))
        found.append(mutant)
    return found


def run_mutmut(*arguments: str, output: int | None = None) -> subprocess.CompletedProcess[str]:
    """mutmut in the copy, from an environment of its own, with the project's packages before its own."""
    packages = {"PYTHONPATH": sysconfig.get_paths()["purelib"], "MANY_TINY_FLEETS": TINY_FLEETS}
    environment = {**os.environ, **packages}
    return subprocess.run([str(MUTMUT), *arguments], cwd=COPY, env=environment, stdout=output, text=True, check=False)


if __name__ == "__main__":
    raise SystemExit(main())
