"""Plans as JSON in the shape that is promised, and as text that says what a person must know."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console, RenderableType

from orchestrator.model.lock import MachineState, Retired
from orchestrator.model.plan import Cost, Finding, Plan, PlannedMachine, Stage, Unplaced
from orchestrator.model.source import Source
from orchestrator.report.findings import list_findings, render_findings
from orchestrator.report.plan import describe_plan, render_plan
from orchestrator.report.rebalance import render_cost_difference, render_retirement
from tests.unit.machines import make_machine

FINDING = Finding(
    rule="cap",
    name="half",
    level="warning",
    subject="btc, account alpha",
    value="3 nodes",
    bound="at most 2",
    message="too many",
    source=Source.at("fleet.yaml", 18, 5),
)
PLAN = Plan(
    status="partial",
    stages=(
        Stage(name="unplaced", value=1, bound=1, claim="proven"),
        Stage(name="cost", value=5, bound=4, claim="open"),
    ),
    relocations=1,
    client_changes=2,
    cost=Cost(amount=Decimal("1234.50"), priced_on="2026-05-27", unpriced=1),
    machines=(
        PlannedMachine(machine=make_machine("btc-1.1"), change="keep", country="DE"),
        PlannedMachine(machine=make_machine("btc-2.1", state=MachineState.LOST), change="keep"),
        PlannedMachine(machine=make_machine("btc-2.2", "beta"), change="relocate", country="FI"),
    ),
    unplaced=(Unplaced(node="btc-3", why="no site has room"),),
    findings=(FINDING,),
)

# ../shared/design/interfaces.md, "place --format json".
SHAPE = {
    "status",
    "stages",
    "relocations",
    "client_changes",
    "cost_per_month",
    "machines",
    "unplaced",
    "findings",
    "conflict",
    "repairs",
    "moves_left",
    "syncs",
}
MACHINE_SHAPE = {
    *("node", "machine", "group", "account", "provider", "region", "zone", "country", "machine_type"),
    *("clients", "state", "change"),
}


def draw(renderable: RenderableType, width: int = 120) -> str:
    out = StringIO()
    Console(file=out, width=width, highlight=False).print(renderable)
    return out.getvalue()


def test_json_has_the_shape_that_is_promised() -> None:
    told = json.loads(json.dumps(describe_plan(PLAN)))
    assert set(told) == SHAPE
    assert told["status"] == "partial"
    assert told["stages"][1] == {"name": "cost", "value": 5, "bound": 4, "claim": "open"}
    assert told["cost_per_month"] == {
        "amount": "1234.50",
        "currency": "USD",
        "priced_on": "2026-05-27",
        "unpriced": 1,
    }
    assert [set(machine) for machine in told["machines"]] == [MACHINE_SHAPE] * 3
    assert (told["machines"][2]["country"], told["machines"][2]["change"]) == ("FI", "relocate")
    assert told["machines"][1]["state"] == "lost"
    assert told["unplaced"] == [{"node": "btc-3", "why": "no site has room"}]
    assert (told["relocations"], told["client_changes"], told["repairs"]) == (1, 2, [])


def test_findings_say_file_line_and_message() -> None:
    (told,) = list_findings([FINDING])
    assert set(told) >= {"rule", "name", "level", "subject", "value", "bound", "file", "line", "message"}
    assert (told["file"], told["line"], told["column"]) == ("fleet.yaml", 18, 5)
    assert render_findings([FINDING]) == "fleet.yaml:18:5: warning: too many [cap]\n"
    assert render_findings([]) == ""


def test_a_conflict_names_its_rules() -> None:
    plan = Plan(status="infeasible", conflict=(FINDING,))
    assert describe_plan(plan)["conflict"] == ["half"]
    assert draw(render_plan(plan)).splitlines() == [
        "infeasible: these rules cannot hold together",
        "  fleet.yaml:18:5: too many",
    ]


def test_text_shows_what_changes_where_nodes_are_and_what_is_wrong() -> None:
    assert [line.rstrip() for line in draw(render_plan(PLAN), 160).splitlines()] == [
        "change    machine  site                 type   clients  state",
        "relocate  btc-2.2  beta/fsn1/fsn1-dc14  ccx13  btcd     wanted",
        "nodes per account  alpha  beta",
        "btc                    1     1",
        "partial: 2 keep, 1 relocate; 1 relocations; 1,234.50 USD/month, oldest price of 2026-05-27, "
        "1 machines without a price left out",
        "proven: unplaced 1; open: cost 5 (at least 4)",
        "not placed: btc-3: no site has room",
        "fleet.yaml:18:5: warning: too many [cap]",
    ]


def test_a_long_list_is_cut_and_says_so() -> None:
    machines = tuple(PlannedMachine(machine=make_machine(f"btc-{n}.1"), change="add") for n in range(1, 44))
    text = draw(render_plan(Plan(status="optimal", machines=machines)))
    assert text.count("wanted") == 40
    assert "3 more" in text
    assert "43 add" in text


def test_square_brackets_are_no_markup() -> None:
    finding = FINDING.model_copy(update={"message": "[bold]x[/nothing]"})
    assert "[bold]x[/nothing] [cap]" in draw(render_plan(Plan(status="optimal", findings=(finding,))))


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("100", "120.5", "cost: +20.50 USD/month against 100.00 before"),
        ("1200", "1000", "cost: -200.00 USD/month against 1,200.00 before"),
        ("5", "5", "cost: 0.00 USD/month against 5.00 before"),
    ],
)
def test_a_difference_of_cost_has_its_sign(before: str, after: str, text: str) -> None:
    assert render_cost_difference(Decimal(before), Plan(status="optimal", cost=Cost(amount=Decimal(after)))) == text


def test_what_was_let_go_and_what_waits_is_said() -> None:
    gone = Retired(retired="btc-1.1", node="btc-1", account="a", evidence="replaced by btc-1.2")
    assert render_retirement([gone], {"btc-3.1": "btc-3.2 has 1 of 9 blocks", "btc-2.1": "not observed"}) == (
        "retired btc-1.1: replaced by btc-1.2\n"
        "kept btc-2.1 for now: not observed\n"
        "kept btc-3.1 for now: btc-3.2 has 1 of 9 blocks"
    )
    assert render_retirement([], {}) == ""
