"""Every example spec is placed at its best, and stands the loss of any one account."""

from pathlib import Path

import pytest

from orchestrator.model.declaration import Declaration
from orchestrator.model.loss import Loss
from orchestrator.workflows.inputs import Where, read_inputs
from orchestrator.workflows.place import place

EXAMPLES = Path(__file__).parents[3] / "examples"
SPECS = sorted(path for path in EXAMPLES.rglob("fleet*.yaml"))


def test_there_are_examples() -> None:
    assert EXAMPLES / "demo" / "fleet.yaml" in SPECS


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_an_example_is_placed_optimally_and_survives_each_account(spec: Path, tmp_path: Path) -> None:
    inputs = read_inputs(Where(spec, lock=tmp_path / "fleet.lock"))
    first = place(inputs)
    assert (first.plan.status, first.plan.unplaced, first.plan.findings) == ("optimal", (), ())
    assert sum(planned.change == "add" for planned in first.plan.machines) == sum(g.count for g in inputs.fleet.groups)
    placed = type(inputs)(inputs.where, inputs.fleet, inputs.catalogue, inputs.clients, first.lock)
    for account in inputs.fleet.accounts:
        plan = place(placed, Declaration(lose=(Loss(kind="account", value=account.name),))).plan
        assert plan.status in ("optimal", "feasible", "partial"), account.name
        assert not plan.unplaced, account.name
