"""What a review finds in a lock, and that it asks no solver."""

import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from orchestrator.lockfile.revision import compute_revision, make_lock
from orchestrator.model.fleet import Fleet
from orchestrator.model.lock import Lock, LockHeader, Machine, MachineState
from orchestrator.model.loss import Loss
from orchestrator.placement.place import compute_plan
from orchestrator.placement.to_lock import compute_lock_entries
from tests.unit.placement.fleets import make_account, make_flat_catalogue, make_fleet, make_group, make_rule
from tests.unit.reconcile.reviews import review

CATALOGUE = make_flat_catalogue({"a": "10", "b": "10", "c": "20", "d": "20"})
ACCOUNTS = [make_account(name) for name in "abcd"]
RULES = [make_rule(20, skew=1, per="account"), make_rule(21, cap="34%", per="account")]


def fleet_of(count: int = 12, rules: Sequence[Any] = RULES, digest: str = "sha256:0") -> Fleet:
    return make_fleet(ACCOUNTS, [make_group(count=count)], rules, digest)


def lock_of(fleet: Fleet, parent: Lock | None = None, losses: Sequence[Loss] = ()) -> Lock:
    plan = compute_plan(fleet, CATALOGUE, {}, parent, losses)
    lost = tuple(str(loss) for loss in losses)
    header = LockHeader(fleet=fleet.name, revision="", spec=fleet.digest, facts="facts", lost=lost)
    return make_lock(header, parent, *compute_lock_entries(plan))


def rewrite(lock: Lock, machines: Sequence[Machine]) -> Lock:
    """The lock with other machines and a fitting revision."""
    changed = lock.model_copy(update={"machines": tuple(machines)})
    header = changed.header.model_copy(update={"revision": compute_revision(changed)})
    return changed.model_copy(update={"header": header})


def test_a_fresh_lock_has_no_findings() -> None:
    assert review(fleet_of(), lock_of(fleet_of()), CATALOGUE) == ()


def test_broken_rules_are_found_at_their_lines() -> None:
    lock = lock_of(fleet_of())
    moved = [
        machine.model_copy(update={"account": "a", "provider": "a"}) if machine.account == "b" else machine
        for machine in lock.machines
    ]
    findings = review(fleet_of(), rewrite(lock, moved), CATALOGUE)
    assert [(found.rule, found.source.line, found.subject, found.value) for found in findings] == [
        ("skew", 20, "btc", "6 nodes"),
        ("cap", 21, "btc, account a", "6 nodes"),
    ]
    assert findings[1].bound == "at most 4 of 12 nodes (34%)"


def test_denied_domains_in_use_are_found_at_the_rule() -> None:
    lock = lock_of(fleet_of())
    rules = [*RULES, make_rule(22, deny=("B",), per="country")]
    findings = [found for found in review(fleet_of(rules=rules), lock, CATALOGUE) if found.rule == "deny"]
    assert [(found.source.line, found.subject, found.value) for found in findings] == [
        (22, "btc, country B", "3 nodes")
    ]


def test_a_lock_after_a_loss_is_judged_without_the_lost_domain() -> None:
    fleet = fleet_of()
    lock = lock_of(fleet, lock_of(fleet), [Loss(kind="account", value="b")])
    assert review(fleet, lock, CATALOGUE) == ()
    assert [found.rule for found in review(fleet, lock, CATALOGUE, losses=())] == ["skew"]


def test_another_spec_text_is_a_finding_at_the_top() -> None:
    findings = review(fleet_of(digest="sha256:1"), lock_of(fleet_of()), CATALOGUE)
    assert [(found.rule, str(found.source)) for found in findings] == [("spec", "fleet.yaml:1:1")]
    assert "orchestrator place" in findings[0].message


def test_an_edit_by_hand_is_found() -> None:
    lock = lock_of(fleet_of())
    machines = (lock.machines[0].model_copy(update={"image": "another"}), *lock.machines[1:])
    findings = review(fleet_of(), lock.model_copy(update={"machines": machines}), CATALOGUE)
    assert [found.rule for found in findings] == ["revision"]


def test_too_few_and_too_many_nodes_are_found_at_the_group() -> None:
    lock = lock_of(fleet_of())
    for count in (11, 13):
        findings = [found for found in review(fleet_of(count), lock, CATALOGUE) if found.rule == "count"]
        assert [(found.value, found.bound, found.source.line) for found in findings] == [
            ("12 nodes", f"{count} nodes", 10)
        ]


def test_two_wanted_machines_of_a_node_are_found() -> None:
    lock = lock_of(fleet_of())
    twin = lock.machines[0].model_copy(update={"machine": "btc-1.2"})
    findings = review(fleet_of(), rewrite(lock, [*lock.machines, twin]), CATALOGUE)
    assert ("node", "btc-1") in [(found.rule, found.subject) for found in findings]


def test_machines_of_unknown_accounts_and_groups_are_found() -> None:
    lock = lock_of(fleet_of())
    fleet = make_fleet(ACCOUNTS[:3], [make_group("other", 1)])
    found = {finding.rule for finding in review(fleet, lock, CATALOGUE)}
    assert found >= {"account", "group", "count"}
    retiring = [machine.model_copy(update={"state": MachineState.RETIRING}) for machine in lock.machines]
    found = {finding.rule for finding in review(fleet, rewrite(lock, retiring), CATALOGUE)}
    assert "group" not in found


def test_a_machine_that_no_longer_fits_is_found() -> None:
    lock = lock_of(fleet_of(4, rules=[]))
    group = make_group(count=4)
    larger = group.model_copy(update={"machine": group.machine.model_copy(update={"vcpus": 4})})
    findings = review(make_fleet(ACCOUNTS, [larger]), lock, CATALOGUE)
    assert [found.rule for found in findings] == ["machine"] * 4


def test_a_thousand_nodes_are_reviewed_in_a_moment() -> None:
    fleet = fleet_of(1000)
    lock = lock_of(fleet)
    start = time.process_time()
    assert review(fleet, lock, CATALOGUE) == ()
    assert time.process_time() - start < 0.2


def test_a_review_never_imports_the_solver() -> None:
    code = "import sys, orchestrator.reconcile.review; sys.exit('highspy' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
