"""Shares of what is wanted and of what is alive, beside the policy's own limits."""

from collections.abc import Collection

from orchestrator.model.lock import Lock
from orchestrator.model.loss import Loss
from orchestrator.placement.candidates import compute_lock_situation
from orchestrator.placement.place import compute_plan
from orchestrator.reconcile.concentration import Share, compute_concentration
from tests.unit.placement.fleets import make_account, make_flat_catalogue, make_fleet, make_group, make_lock, make_rule
from tests.unit.reconcile.reviews import review

CATALOGUE = make_flat_catalogue({"a": "10", "b": "10", "c": "20"})
RULES = [make_rule(20, skew=1, per="account"), make_rule(21, cap="50%", per="account")]
FLEET = make_fleet([make_account(name) for name in "abc"], [make_group(count=6)], RULES)
LOCK = make_lock(compute_plan(FLEET, CATALOGUE, {}))
EVERYONE = [machine.machine for machine in LOCK.machines]


def measure(lock: Lock, alive: Collection[str]) -> tuple[Share, ...]:
    return compute_concentration(compute_lock_situation(FLEET, lock, CATALOGUE), lock, alive)


def test_every_bound_has_its_share() -> None:
    shares = measure(LOCK, EVERYONE)
    told = [(share.rule, share.subject, share.domain, share.wanted, share.live, share.limit) for share in shares]
    assert told == [
        ("skew 1 per account", "btc", None, 0, 0, "a difference of at most 1"),
        ("cap 50% per account", "btc", "a", 2, 2, "at most 3 of 6 nodes (50%)"),
        ("cap 50% per account", "btc", "b", 2, 2, "at most 3 of 6 nodes (50%)"),
        ("cap 50% per account", "btc", "c", 2, 2, "at most 3 of 6 nodes (50%)"),
    ]
    assert all(share.holds for share in shares)


def test_what_is_dead_counts_among_the_wanted_alone() -> None:
    alive = [machine.machine for machine in LOCK.machines if machine.account != "a"]
    shares = {share.domain: share for share in measure(LOCK, alive)}
    assert (shares["a"].wanted, shares["a"].live, shares["a"].holds) == (2, 0, True)
    assert (shares[None].wanted, shares[None].live) == (0, 2)


def test_it_says_no_where_the_review_does() -> None:
    moved = tuple(machine.model_copy(update={"account": "a", "provider": "a"}) for machine in LOCK.machines)
    lock = LOCK.model_copy(update={"machines": moved})
    broken = {share.rule for share in measure(lock, EVERYONE) if not share.holds}
    found = {finding.name for finding in review(FLEET, lock, CATALOGUE)}
    assert broken == {"skew 1 per account", "cap 50% per account"} <= found


def test_a_lost_domain_is_left_out_of_skew() -> None:
    lost = (Loss(kind="account", value="c"),)
    after = make_lock(compute_plan(FLEET, CATALOGUE, {}, LOCK, lost))
    after = after.model_copy(update={"header": after.header.model_copy(update={"lost": ("account=c",)})})
    shares = {share.rule: share for share in measure(after, EVERYONE)}
    assert shares["skew 1 per account"].holds
