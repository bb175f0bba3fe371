"""A fleet's status as JSON and as text."""

import json
from typing import Any

import pytest

from orchestrator.model.health import ClientHealth, Observation
from orchestrator.model.lock import MachineState
from orchestrator.model.loss import Loss
from orchestrator.reconcile.concentration import Share
from orchestrator.reconcile.outages import Outage
from orchestrator.reconcile.status import Look, StandbyCount, Status
from orchestrator.reconcile.sync import compute_sync
from orchestrator.report.status import describe_status, render_age, render_status
from tests.unit.machines import make_machine, make_small_lock
from tests.unit.report.test_plan import FINDING, draw

NOW = 1_800_000_000.0
MACHINES = [
    make_machine("btc-1.1"),
    make_machine("btc-2.1", "beta"),
    make_machine("btc-3.1", "beta", state=MachineState.LOST),
]
SEEN = [
    Observation(
        machine="btc-1.1",
        boot_id="b00t",
        drifted=("/etc/x",),
        clients=(
            ClientHealth(
                role="node", client="btcd", active=True, version="0.24", height=9, peers=2, head_time=int(NOW) - 30
            ),
        ),
    ),
    Observation(machine="btc-2.1", error="192.0.2.1 does not answer (timed out)"),
]


def make_status(**fields: Any) -> Status:
    lock = make_small_lock(MACHINES, lost=("account=gamma",))
    verdicts = {verdict.machine: verdict for verdict in compute_sync(SEEN, lock)}
    share = Share(rule="half", subject="btc", domain="alpha", wanted=1, live=0, limit="at most 1", holds=True)
    facts: dict[str, Any] = {
        "lock": lock,
        "seen": Look({seen.machine: seen for seen in SEEN}, verdicts),
        "outages": (Outage(Loss(kind="account", value="beta"), 2),),
        "concentration": (share,),
        "findings": (FINDING,),
        "now": NOW,
    }
    return Status(**{**facts, **fields})


def test_json_says_all_that_is_seen() -> None:
    told = json.loads(json.dumps(describe_status(make_status())))
    declared = {"lost", "compromised", "api_down", "drained", "cordoned", "terminated", "moving", "standby"}
    seen = {"well", "revision", "outages", "machines", "concentration", "findings", "metrics"}
    assert set(told) == declared | seen
    assert (told["well"], told["lost"]) == (False, ["account=gamma"])
    assert told["outages"] == [{"domain": "account=beta", "machines": 2}]
    first, second, third = told["machines"]
    assert (first["machine"], first["in_sync"], first["boot_id"], first["drifted"]) == (
        "btc-1.1",
        True,
        "b00t",
        ["/etc/x"],
    )
    assert first["clients"][0]["height"] == 9
    assert (second["in_sync"], second["why"], second["clients"]) == (
        False,
        "192.0.2.1 does not answer (timed out)",
        [],
    )
    assert (third["state"], third["why"], third["boot_id"]) == ("lost", "not observed", None)
    assert told["concentration"][0] == {
        "rule": "half",
        "subject": "btc",
        "domain": "alpha",
        "wanted": 1,
        "live": 0,
        "limit": "at most 1",
        "holds": True,
    }
    assert told["findings"][0]["line"] == 18


def test_text_is_a_row_a_machine_the_shares_and_the_verdict() -> None:
    assert [line.rstrip() for line in draw(render_status(make_status())).splitlines()] == [
        "machine  state   site                  client  version  height  peers  head age  in sync",
        "btc-1.1  wanted  alpha/fsn1/fsn1-dc14  btcd    0.24          9      2      30 s  yes",
        "btc-2.1  wanted  beta/fsn1/fsn1-dc14   btcd    -             -      -         -  no answer",
        "btc-3.1  lost    beta/fsn1/fsn1-dc14   btcd    -             -      -         -  no answer",
        "",
        "rule  subject  domain  wanted  live  limit",
        "half  btc      alpha        1     0  at most 1",
        "",
        "fleet.yaml:18:5: warning: too many [cap]",
        "account=beta: none of its 2 machines answers",
        "  if it is lost: orchestrator rebalance --lose account=beta",
        "declared lost: account=gamma",
        "not well: 1 of 2 machines in sync",
    ]


def test_what_was_declared_of_domains_is_said_until_it_is_taken_back() -> None:
    header: dict[str, Any] = {
        "lost": ("account=delta",),
        "compromised": ("account=delta",),
        "api_down": ("provider=hetzner",),
        "drained": ("account=alpha",),
        "cordoned": ("account=beta", "country=DE"),
        "terminated": ("gamma",),
        "moving": ("btc-1",),
    }
    machines = [MACHINES[0], make_machine("btc-4.1", state=MachineState.RETIRING, compromised="account=delta")]
    lock = make_small_lock(machines, **header)
    verdicts = {verdict.machine: verdict for verdict in compute_sync(SEEN, lock)}
    seen = Look({seen.machine: seen for seen in SEEN}, verdicts)
    status = make_status(lock=lock, seen=seen, standby=(StandbyCount("btc", wanted=2, placed=1, in_sync=1),))
    told = json.loads(json.dumps(describe_status(status)))
    assert {key: tuple(told[key]) for key in header} == header
    assert told["standby"] == [{"group": "btc", "wanted": 2, "placed": 1, "in_sync": 1}]
    lines = [line.rstrip() for line in draw(render_status(status)).splitlines()]
    assert lines[2].endswith("not asked: compromised")
    assert lines[-9:-1] == [
        "declared lost: account=delta",
        "compromised, so not trusted again: account=delta",
        "API down, left out of up: provider=hetzner",
        "drained: account=alpha",
        "cordoned: account=beta, country=DE",
        "terminated accounts: gamma",
        "on the move in this round: btc-1",
        "standing by for btc: 1 of 2 in sync",
    ]


def test_a_fleet_that_is_well_says_so_last() -> None:
    lock = make_small_lock(MACHINES[:1])
    seen = {"btc-1.1": SEEN[0]}
    verdicts = {verdict.machine: verdict for verdict in compute_sync(SEEN[:1], lock)}
    status = make_status(lock=lock, seen=Look(seen, verdicts), outages=(), findings=())
    assert draw(render_status(status)).splitlines()[-1] == "well: 1 of 1 machines in sync"
    assert describe_status(status)["well"] is True


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (172799, "47 h"),
        (172800, "2 d"),
        (10**8, "1157 d"),
    ],
)
def test_ages_are_written_in_the_largest_unit_that_says_two(seconds: int, text: str) -> None:
    client = ClientHealth(role="node", client="btcd", active=True, head_time=int(NOW) - seconds)
    assert render_age(NOW, client) == text


def test_an_age_that_is_not_known() -> None:
    assert render_age(NOW, ClientHealth(role="node", client="btcd", active=True)) is None


def test_what_a_machine_that_answers_lacks_is_said_in_its_row() -> None:
    behind = Observation(machine="btc-1.1", clients=(ClientHealth(role="node", client="btcd", active=False),))
    lock = make_small_lock(MACHINES[:1])
    verdicts = {verdict.machine: verdict for verdict in compute_sync([behind], lock)}
    text = draw(render_status(make_status(lock=lock, seen=Look({"btc-1.1": behind}, verdicts))))
    assert "no: btcd is not active" in text.splitlines()[1]
