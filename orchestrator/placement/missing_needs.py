"""What nodes' needs ask of their machines and nobody knows: reported as missing, as facts that rules need are."""

from collections.abc import Mapping

from orchestrator.model.missing import MissingFact, render_facts, render_filling
from orchestrator.model.plan import MISSING, Finding
from orchestrator.placement.candidates import Situation
from orchestrator.placement.columns import ColumnKey
from orchestrator.policy.missing import compute_level


def find_missing_needs(situation: Situation, counts: Mapping[ColumnKey, int]) -> tuple[Finding, ...]:
    """A finding for each group and fact that some of its machines lack: an error on a production network."""
    found: dict[tuple[str, str], tuple[int, frozenset[MissingFact]]] = {}
    for key, number in counts.items():
        for fact in situation.get_column(key).offer.missing_needs:
            nodes, facts = found.get((key.group, fact.fact), (0, frozenset()))
            found[key.group, fact.fact] = (nodes + number, facts | {fact})
    groups = {group.name: group for group in situation.fleet.groups}
    return tuple(
        Finding(
            rule=MISSING,
            name=f"what {name} asks for is known",
            level=compute_level("error", (groups[name],)),
            subject=name,
            value=f"{nodes} nodes",
            bound=f"a known {fact}",
            message=f"{name}: of {nodes} nodes it is not known whether they have what the group asks for "
            f"({render_facts(facts)}); {render_filling(facts)}, or do not ask for it",
            source=groups[name].source,
        )
        for (name, fact), (nodes, facts) in sorted(found.items())
    )
