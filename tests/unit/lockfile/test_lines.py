"""Where machines stand in a lock's text."""

from orchestrator.lockfile import render_lock
from orchestrator.lockfile.lines import number_lines
from tests.unit.machines import make_machine, make_small_lock


def test_each_machine_has_its_line() -> None:
    lock = make_small_lock([make_machine("btc-1.1"), make_machine("btc-2.1"), make_machine("btc-2.2")])
    text = render_lock(lock)
    found = number_lines(text)
    assert found == {"btc-1.1": 2, "btc-2.1": 3, "btc-2.2": 4}
    lines = text.split("\n")
    assert all(f'"{name}"' in lines[line - 1] for name, line in found.items())


def test_a_line_written_by_hand_counts_and_a_value_does_not() -> None:
    living = '{"node": "a-1",  "machine" : "a-1.1", "image": "\\"machine\\": \\"no\\""}'
    text = f'{{"fleet": "f"}}\n{living}\n{{"retired":"b-1.1"}}\n'
    assert number_lines(text) == {"a-1.1": 2, "b-1.1": 3}
    assert number_lines("") == {}
