"""Changes that change nothing: mutants that no test can notice, each with the reason, in equivalents.toml."""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tools.mutate.mutant import Mutant

EQUIVALENTS = Path(__file__).with_name("equivalents.toml")


@dataclass(frozen=True, slots=True)
class Equivalent:
    """Mutants that are none: of which function (a pattern), which words go and which come, and why nothing changes."""

    function: str
    was: str
    becomes: str
    why: str

    def covers(self, mutant: Mutant) -> bool:
        """Whether the mutant is one of these."""
        named = fnmatchcase(mutant.function, self.function)
        return named and self.was in mutant.was and self.becomes in mutant.becomes and self.was not in mutant.becomes


def read_equivalents(text: str) -> tuple[Equivalent, ...]:
    """The entries of equivalents.toml."""
    return tuple(Equivalent(**entry) for entry in tomllib.loads(text)["mutants"])
