"""The rule `together`: the first group has nodes only in domains where every other group named has some."""

from orchestrator.model.rule import Together
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.measures import Conditional
from orchestrator.policy.subject import Members


def compute_together_bounds(rule: Together, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    """One bound a domain and other group: no node of the first group there, unless the other has one there.

    Standby nodes of the first group are bound alike; those of another group are no company. Of places whose domain is
    unknown each is a domain of its own: what stands at the same place is together whatever the domain is.
    """
    first, *others = members.groups
    led = {first.name, *(group.name for group in members.standby if group.standby_of == first.name)}
    domains = candidates.get_occupiable(members.all_names, rule.per)
    most = sum(group.count for group in (first, *members.standby) if group.name in led)
    return tuple(
        Bound(
            rule=rule,
            subject=members,
            measure=Conditional(held, tuple(cell for cell in cells if cell.group == other.name), most),
            high=0,
            domain=domain,
            wording=f"none of {first.name} where none of {other.name} stand",
        )
        for domain, cells in (*domains.known.items(), *domains.places.items())
        if (held := tuple(cell for cell in cells if cell.group in led))
        for other in others
    )
