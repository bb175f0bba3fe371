"""The client catalogue with times that machines of the fleet took in place of published ones, where there are some."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

from orchestrator.model.client import ClientFacts, Ready, SyncMethod
from orchestrator.model.sync_record import SyncRecord

ENOUGH = 3  # one slow disk or quick peer decides no median of three
NEWEST = 9  # chains grow, and machines change: older times say less
PLACES = Decimal("0.01")

Way = tuple[str, str, SyncMethod]
"""Client, network, method."""


def apply_measured(clients: Mapping[str, ClientFacts], records: Iterable[SyncRecord]) -> Mapping[str, ClientFacts]:
    """The clients, each with the median time of its newest machines by network and method where these are enough.

    A machine's time is that of its slowest client, and so at most too long for the others; what a way downloads stays
    as published.
    """
    found: dict[Way, list[tuple[datetime, timedelta]]] = {}
    for record in records:
        if record.time is not None and record.in_sync is not None:
            for client, method in record.methods.items():
                found.setdefault((client, record.network, method), []).append((record.in_sync, record.time))
    changed = dict(clients)
    for (name, network, method), times in sorted(found.items()):
        if name in changed and len(times) >= ENOUGH:
            changed[name] = _replace(changed[name], network, method, sorted(times)[-NEWEST:])
    return changed


def _replace(
    client: ClientFacts, network: str, method: SyncMethod, times: list[tuple[datetime, timedelta]]
) -> ClientFacts:
    ways = client.ready.get(network, ())
    published = next((way for way in ways if way.method == method), None)
    hours = Decimal(median(round(took.total_seconds()) for _, took in times)) / 3600
    measured = Ready(
        method=method,
        hours=max(hours.quantize(PLACES), PLACES),
        gigabytes=published.gigabytes if published else None,
        source=f"median of {len(times)} machines of this fleet",
        dated=times[-1][0].date(),
    )
    others = tuple(way for way in ways if way.method != method)
    return client.model_copy(update={"ready": {**client.ready, network: (measured, *others)}})
