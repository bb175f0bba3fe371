"""Which losses cover which machines."""

from orchestrator.model.loss import Loss
from orchestrator.rehearsal.outage import Domains, Losses, Part, are_covered

DOMAINS: Domains = {"account": "hetzner-b", "provider": "hetzner", "region": "hetzner/fsn1"}


def test_a_loss_covers_what_stands_in_its_domain() -> None:
    assert are_covered((Loss(kind="zone", value="x"), Loss(kind="account", value="hetzner-b")), DOMAINS)
    assert not are_covered((Loss(kind="account", value="hetzner"), Loss(kind="zone", value="hetzner/fsn1")), DOMAINS)
    assert not are_covered((), DOMAINS)


def test_what_is_lost_of_a_domain_is_kept_apart_and_healed_at_once() -> None:
    loss, other = Loss(kind="account", value="a"), Loss(kind="account", value="b")
    lost = Losses().add(other, Part.ALL).add(loss, Part.API).add(loss, Part.MACHINES).add(loss, Part.MACHINES)
    assert lost.describe() == ("account=b", "account=a (API only)", "account=a (machines only)")
    assert lost.remove(loss) == Losses(losses=(other,))
