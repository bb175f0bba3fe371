"""What people read of a recovery."""

from orchestrator.model.recovery import StackRecovery
from orchestrator.model.stack import CloudResource, StackStep
from orchestrator.report.recover import render_recovery

FOUND = StackStep(operation="import", name="btc-1-1", type="hcloud:index/server:Server")
MISSING = StackStep(operation="create", name="btc-2-1", type="hcloud:index/server:Server")
ORPHAN = CloudResource(account="alpha", type="hcloud:index/volume:Volume", id="17", name="demo-btc-9-1")


def test_found_missing_unknown_and_failed_are_told_apart() -> None:
    whole = StackRecovery(stack="alpha", found=(FOUND,), missing=(MISSING,), orphans=(ORPHAN,))
    failed = StackRecovery(stack="beta", error="the API does not answer")
    assert render_recovery([whole, failed], ["gamma"]).splitlines() == [
        "alpha: 1 resources found, and in the state again",
        "  missing: btc-2-1 (hcloud:index/server:Server): the lock declares it; orchestrator up will make it anew",
        "  unknown: demo-btc-9-1 (hcloud:index/volume:Volume, id 17): has the fleet's labels, no lock line",
        "beta: failed: the API does not answer",
        "gamma: has its state, left alone",
    ]
