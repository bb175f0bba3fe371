"""`allow` and `deny` of clients: a client that may not run is a bound of none, where a place would be a closed cell."""

from orchestrator.model.rule import Allow, Deny
from orchestrator.policy.bound import Bound
from orchestrator.policy.candidates import Candidates
from orchestrator.policy.measures import Sum
from orchestrator.policy.subject import Members


def compute_forbidden_client_bounds(rule: Allow | Deny, members: Members, candidates: Candidates) -> tuple[Bound, ...]:
    """One bound a client that the rule does not let run. It never gives way, as no closed cell opens."""
    clients = candidates.get_occupiable(members.all_names, rule.per).known
    return tuple(
        Bound(rule, members, Sum.count(cells), high=0, domain=client, wording="none", hard=True)
        for client, cells in clients.items()
        if (client not in rule.allow if isinstance(rule, Allow) else client in rule.deny)
    )
