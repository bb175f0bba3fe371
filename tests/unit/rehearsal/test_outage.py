"""Which losses cover which machines."""

from orchestrator.model.loss import Loss
from orchestrator.rehearsal.outage import Domains, are_covered

DOMAINS: Domains = {"account": "hetzner-b", "provider": "hetzner", "region": "hetzner/fsn1"}


def test_a_loss_covers_what_stands_in_its_domain() -> None:
    assert are_covered((Loss(kind="zone", value="x"), Loss(kind="account", value="hetzner-b")), DOMAINS)
    assert not are_covered((Loss(kind="account", value="hetzner"), Loss(kind="zone", value="hetzner/fsn1")), DOMAINS)
    assert not are_covered((), DOMAINS)
