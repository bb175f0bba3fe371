"""What a measure's encoding reaches for given counts, by the real solver."""

from orchestrator.placement.program import Program
from orchestrator.placement.solve import Solver
from orchestrator.policy.linear import Terms
from orchestrator.policy.measures import Counts, Measure


def encode(measure: Measure, counts: Counts) -> tuple[Program, Terms]:
    """The measure over variables that are fixed at the counts."""
    program = Program()
    for cell, count in counts.items():
        variable = program.add_whole(count)
        program.count_as(cell, variable)
        program.add_row(((variable, 1),), count, count)
    return program, measure.encode(program)


def compute_least(measure: Measure, counts: Counts) -> int:
    program, terms = encode(measure, counts)
    found = Solver(program).minimize(terms)
    assert found is not None
    assert found.proven
    return found.value


def compute_most(measure: Measure, counts: Counts) -> int:
    program, terms = encode(measure, counts)
    found = Solver(program).minimize(tuple((variable, -weight) for variable, weight in terms))
    assert found is not None
    return -found.value
