"""What `up`, `down` and `rehearse` came to."""

import shlex
import subprocess
from pathlib import Path

from orchestrator.model.lock import MachineState
from orchestrator.model.plan import Unplaced
from orchestrator.model.stack import CloudResource, StackResult, StackStep
from orchestrator.reconcile.refusals import Reach, Refusal
from orchestrator.report.down import describe_down, render_down
from orchestrator.report.rehearsals import render_environment, render_rehearsals
from orchestrator.report.up import UpSummary, describe_up, render_up
from tests.unit.machines import make_machine, make_small_lock

LOCK = make_small_lock(
    [make_machine("btc-1.1"), make_machine("btc-2.1"), make_machine("btc-3.1", state=MachineState.HELD)]
)
DONE = {"resources changed": 43, "machines configured": 0}
REFUSED = make_machine("btc-9.1")
SUMMARY = UpSummary(
    LOCK,
    DONE,
    {"b": "API down", "a": "gone"},
    ("btc-1.1",),
    (Refusal(machine=REFUSED, code="no_room", reach=Reach.REGION, words="no room (no_room)"),),
    (Unplaced(node="btc-9", why="no room"),),
    {"btc-3.1": "it signs"},
    (CloudResource(account="alpha", type="hcloud:index/server:Server", id="4711", name="nodes-btc-7-1"),),
    left_out=("gamma",),
)


def test_up_as_data() -> None:
    told = describe_up(SUMMARY)
    assert told == {
        "revision": LOCK.header.revision,
        "resources_changed": 43,
        "machines_configured": 0,
        "machines": {"wanted": 2, "retiring": 0, "lost": 0, "held": 1},
        "behind": ["btc-1.1"],
        "failures": {"b": "API down", "a": "gone"},
        "refused": [
            {
                "machine": "btc-9.1",
                "account": REFUSED.account,
                "region": REFUSED.region,
                "zone": REFUSED.zone,
                "machine_type": REFUSED.machine_type,
                "code": "no_room",
            }
        ],
        "unplaced": [{"node": "btc-9", "why": "no room"}],
        "held": {"btc-3.1": "it signs"},
        "orphans": [{"account": "alpha", "type": "hcloud:index/server:Server", "id": "4711", "name": "nodes-btc-7-1"}],
        "left_out": ["gamma"],
    }


def test_up_as_text() -> None:
    revision = LOCK.header.revision
    assert render_up(SUMMARY).splitlines() == [
        f"revision {revision}: 43 resources changed; 1 of 2 machines in sync",
        f"refused: btc-9.1 at {REFUSED.site}, {REFUSED.machine_type}: no_room",
        "no machine for btc-9: no room",
        "held: btc-3.1: it signs",
        "not in sync yet: btc-1.1",
        "failed: a: gone",
        "failed: b: API down",
        "nobody's: Server nodes-btc-7-1 (4711) in alpha carries the fleet's labels and is in no state; nothing deletes "
        "it by itself: look what it is, and delete it there",
        "left out: gamma: its API is declared down; nothing was changed there",
    ]
    nothing = UpSummary(LOCK, dict.fromkeys(DONE, 0))
    assert render_up(nothing) == f"revision {revision}: nothing to change; 2 of 2 machines in sync"


def test_down_counts_what_was_deleted() -> None:
    steps = [StackStep(operation=operation, name="x", type="t") for operation in ("delete", "update", "delete", "same")]
    results = {"b": StackResult(account="b", steps=tuple(steps)), "a": StackResult(account="a", error="no answer")}
    assert describe_down(results)["accounts"] == {
        "b": {"deleted": 2, "error": None},
        "a": {"deleted": 0, "error": "no answer"},
    }
    assert render_down(results) == "a: failed: no answer\nb: 2 resources deleted"
    assert render_down({}) == "no stack to take down"


def test_rehearsals_as_text() -> None:
    world = {
        "id": "0123abcd",
        "fleet": "demo",
        "spec": "/x/fleet.yaml",
        "lost": ["account=a"],
        "short": ["no cx22 at hetzner/fsn1"],
        "machines": [{"name": "m1", "running": True}, {"name": "m2", "running": False}],
    }
    assert render_rehearsals([world]).splitlines() == [
        "0123abcd  fleet demo  /x/fleet.yaml",
        "  lost: account=a",
        "  short: no cx22 at hetzner/fsn1",
        "  1 machines run: m1",
        "  1 are halted: m2",
    ]
    assert render_rehearsals([]) == "no rehearsal\n"


def test_an_environment_is_what_a_shell_makes_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "it's a folder; $(touch x)"
    folder.mkdir()
    environment = {"A": "it's", "B": "$(touch y) `z`\nsecond", "C": ""}
    script = render_environment(folder, environment) + 'pwd; printf \'%s|%s|%s\' "$A" "$B" "$C"\n'
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == f"{folder}\n{'|'.join(environment.values())}"
    assert [entry.name for entry in tmp_path.iterdir()] == [folder.name]
    assert shlex.split(script)[0] == "export"
