"""A mutant as mutmut tells of it: its name, its verdict, and the change that it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A mutant that hangs or crashes is noticed too. What is not covered by a test lives.
UNTRIED = "not checked"
KILLED = frozenset({"killed", "timeout", "suspicious", "segfault", "caught by type check"})

# Such as orchestrator.policy.measures.xǁDistinctǁencode__mutmut_22, or orchestrator.policy.spread.x__bind__mutmut_1.
NAME = re.compile(r"(?P<module>[\w.]+)\.x(?:ǁ(?P<class>\w+)ǁ|_)(?P<function>\w+)__mutmut_(?P<number>\d+)")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change and its verdict. `was` and `becomes` are the lines changed, joined by spaces; empty where killed."""

    name: str
    verdict: str
    was: str = ""
    becomes: str = ""

    @property
    def killed(self) -> bool:
        """Whether a test fails with it."""
        return self.verdict in KILLED

    @property
    def function(self) -> str:
        """The function changed, such as "orchestrator.policy.measures.Distinct.encode"."""
        found = self._read_name()
        return ".".join(filter(None, (found["module"], found["class"], found["function"])))

    @property
    def file(self) -> str:
        """The file changed, such as "policy/measures.py"."""
        return self._read_name()["module"].removeprefix("orchestrator.").replace(".", "/") + ".py"

    def _read_name(self) -> re.Match[str]:
        found = NAME.fullmatch(self.name)
        if found is None:
            raise ValueError(f"no name of a mutant: {self.name}")
        return found


def parse_results(text: str) -> Iterator[tuple[str, str]]:
    """The names and verdicts of `mutmut results --all true`."""
    for line in text.splitlines():
        name, _, verdict = line.strip().partition(": ")
        if verdict and NAME.fullmatch(name):
            yield name, verdict


def parse_change(diff: str) -> tuple[str, str]:
    """The lines that a diff takes away, and those that it puts in their place."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    was, becomes = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return was, becomes
