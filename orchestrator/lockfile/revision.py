"""A lock's revision: a digest of all else in it."""

import hashlib
from collections.abc import Iterable

from orchestrator.lockfile.order import by_node_and_generation
from orchestrator.lockfile.write import render_lock
from orchestrator.model.lock import ANCESTORS_KEPT, Lock, LockHeader, Machine, Retired

REVISION_LENGTH = 16


def compute_revision(lock: Lock) -> str:
    """The revision that the lock's content has; it differs from the header's own where someone edited by hand."""
    header = lock.header.model_copy(update={"revision": ""})
    text = render_lock(lock.model_copy(update={"header": header}))
    return hashlib.sha256(text.encode()).hexdigest()[:REVISION_LENGTH]


def make_lock(header: LockHeader, parent: Lock | None, machines: Iterable[Machine], retired: Iterable[Retired]) -> Lock:
    """The lock with these entries on top of `parent`; `parent` itself where nothing but the parentage would differ.

    `header` says fleet, spec, facts, losses and closures; revision and ancestors are filled in here.
    """
    lock = Lock(
        header=header.model_copy(update={"revision": "", "ancestors": list_ancestors(parent)}),
        machines=tuple(sorted(machines, key=by_node_and_generation)),
        retired=tuple(sorted(retired, key=by_node_and_generation)),
    )
    if parent is not None and says_the_same(lock, parent):
        return parent
    return lock.model_copy(update={"header": lock.header.model_copy(update={"revision": compute_revision(lock)})})


def list_ancestors(parent: Lock | None) -> tuple[str, ...]:
    """The revisions below a lock made from `parent`, newest first."""
    return () if parent is None else (parent.header.revision, *parent.header.ancestors)[:ANCESTORS_KEPT]


def says_the_same(lock: Lock, parent: Lock) -> bool:
    """Whether the two hold the same entries, from the same spec and facts, and the parent is as it was written."""
    return (
        (lock.machines, lock.retired) == (parent.machines, parent.retired)
        and _drop_parentage(lock.header) == _drop_parentage(parent.header)
        and compute_revision(parent) == parent.header.revision
    )


def _drop_parentage(header: LockHeader) -> LockHeader:
    """What a header says of the fleet."""
    return header.model_copy(update={"revision": "", "ancestors": ()})
