"""The blast-radius matrix: rows, columns, what changed, and what is merged."""

from fractions import Fraction

import pytest

from orchestrator.report.pictures.loss_matrix import ROWS_SHOWN, lay_out_losses
from tests.unit.report.moved_fleet import make_moved_verdict, make_radius


def lay_out_moved() -> tuple[list[str], list[list[str]]]:
    verdict = make_moved_verdict()
    assert verdict.before
    matrix = lay_out_losses(verdict.before.losses, verdict.after.losses)
    return list(matrix.subjects), [[" ".join(row.names), *(cell.text for cell in row.cells)] for row in matrix.rows]


def test_a_row_a_loss_and_a_column_a_subject_domains_of_the_same_nodes_together() -> None:
    subjects, rows = lay_out_moved()
    assert subjects == ["fleet", "group eth"]
    assert rows == [
        ["provider=aws operator=amazon", "69 %", "75 %"],
        ["country=DE", "54 %", "38 %"],
        ["country=US", "31 %", "38 %"],
        ["zone=hetzner/fsn1-dc14", "8 %", "0 %"],
        ["client.execution=geth", "0 %", "0 %"],
    ]


def test_what_a_loss_took_before_is_said_where_it_differs() -> None:
    verdict = make_moved_verdict()
    assert verdict.before
    rows = lay_out_losses(verdict.before.losses, verdict.after.losses).rows
    assert [cell.was for cell in rows[0].cells] == ["54 %", "50 %"]
    assert [cell.was for cell in rows[2].cells] == ["", ""]
    assert [(row.was, row.nodes) for row in rows] == [(7, 9), (5, 7), (4, 4), (0, 1), (4, 0)]


def test_without_a_base_nothing_was() -> None:
    rows = lay_out_losses(None, make_moved_verdict().after.losses).rows
    assert {row.was for row in rows} == {None}
    assert not any(cell.was for row in rows for cell in row.cells)


@pytest.mark.parametrize(("lost", "step"), [(0, 0), (1, 1), (4, 2), (5, 3), (7, 4), (9, 5), (13, 5)])
def test_steps_of_colour(lost: int, step: int) -> None:
    matrix = lay_out_losses(None, [make_radius("country=DE", fleet=13), make_radius("country=US", fleet=lost)])
    shares = {" ".join(row.names): row.cells[0] for row in matrix.rows}
    assert shares.get("country=US", next(iter(shares.values()))).step == step
    assert Fraction(lost, 13) <= 1


def test_rows_beyond_what_anyone_reads_are_counted() -> None:
    losses = [make_radius(f"zone=z{number}", fleet=13 - number % 13, eth=number % 7) for number in range(91)]
    matrix = lay_out_losses(None, losses)
    assert len(matrix.rows) == ROWS_SHOWN
    assert matrix.left == 91 - ROWS_SHOWN


def test_a_fleet_that_loses_nothing_has_an_empty_matrix() -> None:
    assert lay_out_losses(None, ()).summary == "no loss takes a node"
