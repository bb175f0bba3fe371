"""What came of the mutants, as the table that docs/mutation.md keeps: a line a file."""

from collections.abc import Sequence

from tools.mutate.equivalents import Equivalent
from tools.mutate.mutant import Mutant

HEAD = ("file", "mutants", "killed", "equivalent", "living")


def find_living(mutants: Sequence[Mutant], known: Sequence[Equivalent]) -> list[Mutant]:
    """The mutants that no test notices, though one could."""
    return [mutant for mutant in mutants if not mutant.killed and not _is_known(mutant, known)]


def find_stale(mutants: Sequence[Mutant], known: Sequence[Equivalent]) -> list[Equivalent]:
    """The entries that cover no mutant that lives."""
    alive = [mutant for mutant in mutants if not mutant.killed]
    return [entry for entry in known if not any(entry.covers(mutant) for mutant in alive)]


def render_table(mutants: Sequence[Mutant], known: Sequence[Equivalent]) -> str:
    """Markdown: how many mutants each file has, and of these are killed, equivalent, living; and all together."""
    files = sorted({mutant.file for mutant in mutants})
    rows = [_count(name, [mutant for mutant in mutants if mutant.file == name], known) for name in files]
    lines = [HEAD, ("---", *("---:",) * 4), *rows, _count("all", mutants, known)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _count(name: str, mutants: Sequence[Mutant], known: Sequence[Equivalent]) -> tuple[str, ...]:
    killed, living = sum(mutant.killed for mutant in mutants), len(find_living(mutants, known))
    return name, *map(str, (len(mutants), killed, len(mutants) - killed - living, living))


def _is_known(mutant: Mutant, known: Sequence[Equivalent]) -> bool:
    return any(entry.covers(mutant) for entry in known)
