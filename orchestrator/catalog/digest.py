"""The digest of the facts that placement depends on, by which a lock knows whether they have changed."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from orchestrator.model.base import Frozen
from orchestrator.model.catalogue import Catalogue

# A price refresh, a newer image or a better coordinate replaces no machine, so none makes a lock stale.
NOT_DECIDING = frozenset({"usd_per_month", "image_id", "latitude", "longitude", "source", "source_date", "origin"})
# Of storage only volumes decide (whether a disk can be had); traffic and addresses are prices and nothing else.
DECIDING_STORAGE = "volume"
DECIDING_OF_VOLUME = ("provider", "region", "type", "disk_kind", "most_iops")


def compute_facts_digest(catalogue: Catalogue) -> str:
    """ "sha256:…" over the catalogue's facts without prices and sources; the order of rows makes no difference."""
    digest = hashlib.sha256()
    for line in sorted(set(render_facts(catalogue))):
        digest.update(line.encode() + b"\n")
    return f"sha256:{digest.hexdigest()}"


def render_facts(catalogue: Catalogue) -> Iterator[str]:
    """One line a fact, the same for the same fact."""
    for kind in (catalogue.zones, catalogue.machine_types, catalogue.images):
        for fact in kind:
            yield render_fact(fact, (name for name in type(fact).model_fields if name not in NOT_DECIDING))
    for price in catalogue.storage_prices:
        if price.kind == DECIDING_STORAGE:
            yield render_fact(price, DECIDING_OF_VOLUME)


def render_fact(fact: Frozen, fields: Iterable[str]) -> str:
    """A fact's kind and those of its fields that are known."""
    values = {name: canonicalize(getattr(fact, name)) for name in fields}
    known = {name: value for name, value in values.items() if value is not None}
    return json.dumps([type(fact).__name__, known], sort_keys=True, ensure_ascii=False)


def canonicalize(value: Any) -> Any:
    """The same JSON value for equal values: 16 and 16.0 GiB, zones in any order."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return sorted(value) if isinstance(value, tuple) else value
