"""A scheduler that places one node at a time, as those of Kubernetes and Nomad do: filter, score, take the best.

Filters are every limit that one node more would break (capacity, caps). A site in a domain that is still missing comes
first, as Kubernetes' minimum number of domains has it; then the cheapest; among equals the one with the fewest nodes of
the group. Nodes that stand are never moved; those that cannot stay are placed anew. It never looks back.
`python -m benchmarks.greedy PROBLEM.json` prints what became of it as JSON.
"""

import json
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.problem import NodeClass, Problem, Row


@dataclass(frozen=True)
class Greedy:
    """What became of it: the value of each variable, and the nodes that found no place."""

    values: np.ndarray
    unplaced: int


class Scheduler:
    """The state of the cluster: nodes by variable, and how much of each limit is used."""

    def __init__(self, problem: Problem) -> None:
        self._highs = np.array([np.inf if high is None else high for high in problem["highs"]])
        self._whole = np.array(problem["whole"])
        self._values = np.zeros(len(self._highs))
        self._costs = np.zeros(len(self._highs))
        for at, weight in zip(problem["stages"][-1]["variables"], problem["stages"][-1]["weights"], strict=True):
            self._costs[at] = weight
        rows = problem["rows"]
        self._limits = [row for row in rows if row["high"] is not None and self._counts_nodes(row)]
        self._room = np.array([row["high"] or 0 for row in self._limits], dtype=float)
        self._missing = _find_domains(rows, self._whole)
        self._tables: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def place(self, nodes: list[NodeClass]) -> Greedy:
        """Let nodes stay where they may, then place the others one after another."""
        waiting = []
        for node_class in nodes:
            if node_class["stay"] is None:
                waiting.append(node_class)
            else:
                self._take(node_class["stay"], node_class["number"])
        unplaced = sum(not self._place_one(found) for found in waiting for _ in range(found["number"]))
        return Greedy(self._values, unplaced)

    def _counts_nodes(self, row: Row) -> bool:
        return bool(self._whole[row["variables"]].all()) and min(row["weights"]) > 0

    def _take(self, variable: int, number: int) -> None:
        self._values[variable] += number
        for at, row in enumerate(self._limits):
            if variable in row["variables"]:
                self._room[at] -= number * row["weights"][row["variables"].index(variable)]

    def _place_one(self, node: NodeClass) -> bool:
        fresh = np.array(node["fresh"], dtype=int)
        limits, table = self._get_table(node)
        fits = (table <= self._room[limits, None]).all(axis=0) & (self._values[fresh] < self._highs[fresh])
        if not fits.any():
            return False
        wanted = fits & self._find_new_domains(node["group"], fresh)
        allowed = np.flatnonzero(wanted if wanted.any() else fits)
        best = allowed[np.lexsort((self._values[fresh[allowed]], self._costs[fresh[allowed]]))[0]]
        self._values[fresh[best]] += 1
        self._room[limits] -= table[:, best]
        return True

    def _get_table(self, node: NodeClass) -> tuple[np.ndarray, np.ndarray]:
        """The limits that a group's nodes count in, and what a node at each of its sites uses of each."""
        if node["group"] not in self._tables:
            position = {variable: at for at, variable in enumerate(node["fresh"])}
            limits, table = [], []
            for number, row in enumerate(self._limits):
                line = np.zeros(len(position))
                for variable, weight in zip(row["variables"], row["weights"], strict=True):
                    if variable in position:
                        line[position[variable]] = weight
                if line.any():
                    limits.append(number)
                    table.append(line)
            self._tables[node["group"]] = np.array(limits, dtype=int), np.array(table).reshape(-1, len(position))
        return self._tables[node["group"]]

    def _find_new_domains(self, group: str, fresh: np.ndarray) -> np.ndarray:
        """The sites in domains that are not in use, while the group is in too few."""
        new = np.zeros(len(fresh), dtype=bool)
        left = []
        for least, domains in self._missing:
            used = [bool(self._values[list(domain)].any()) for domain in domains]
            concerned = any(not domain.isdisjoint(fresh.tolist()) for domain in domains) if sum(used) < least else False
            if sum(used) < least:
                left.append((least, domains))
            if concerned:
                for domain, in_use in zip(domains, used, strict=True):
                    if not in_use:
                        new |= np.isin(fresh, list(domain))
        self._missing = left
        return new


def _find_domains(rows: list[Row], whole: np.ndarray) -> list[tuple[int, list[set[int]]]]:
    """Rows that ask for a number of domains in use, with the variables that count the nodes of each domain."""
    domains: dict[int, set[int]] = {}
    for row in rows:
        indicators = [at for at, weight in zip(row["variables"], row["weights"], strict=True) if not whole[at]]
        if len(indicators) == 1 and row["high"] == 0:
            domains[indicators[0]] = {at for at in row["variables"] if whole[at]}
    return [
        (row["low"], [domains[at] for at in row["variables"]])
        for row in rows
        if row["low"] is not None and row["variables"] and all(at in domains for at in row["variables"])
    ]


def run(problem: Problem) -> dict[str, Any]:
    """What the scheduler reached of each stage, held against every row afterwards; processor seconds."""
    begun = time.process_time()
    found = Scheduler(problem).place(problem["nodes"])
    seconds = time.process_time() - begun
    stages = [
        {
            "name": stage["name"],
            "value": int(found.values[stage["variables"]] @ np.array(stage["weights"], dtype=float))
            + stage["constant"],
        }
        for stage in problem["stages"]
        if stage["name"] in ("relocations", "cost")
    ]
    return {
        "status": "partial" if found.unplaced else "placed",
        "stages": stages,
        "unplaced": found.unplaced,
        "seconds": seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(json.loads(Path(sys.argv[1]).read_text()))))
