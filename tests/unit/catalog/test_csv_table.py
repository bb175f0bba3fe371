"""One table's file: facts read back as written, and one error for each bad cell."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.catalog.catalogue import keep_all
from orchestrator.catalog.csv_table import read_table, render_table
from orchestrator.catalog.tables import MACHINES, SITES, STORAGE
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.site import MachineType

HEADER = "provider,region,machine_type,vcpus,cpu,memory_gib,usd_per_month\n"
GOOD = "acme,north,small,4,dedicated,16,12.50\n"


def read_machines(folder: Path, text: str | bytes) -> list[MachineType]:
    path = folder / "machines.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return [entry.fact for entry in read_table(path, MACHINES, keep_all).values()]


def read_errors(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(InvalidDocument) as caught:
        read_machines(folder, text)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_a_row_becomes_a_fact_and_empty_cells_are_not_known(tmp_path: Path) -> None:
    (fact,) = read_machines(tmp_path, HEADER + "hcloud, north ,small,4,shared,0.5,\n")
    assert (fact.provider, fact.region, fact.name, fact.vcpus, fact.cpu) == ("hetzner", "north", "small", 4, "shared")
    assert fact.usd_per_month is None
    assert fact.zones == ()
    assert fact.capacity is None


def test_columns_stand_in_any_order_and_blank_lines_are_nothing(tmp_path: Path) -> None:
    text = "cpu,machine_type,vcpus,memory_gib,region,provider\n\ndedicated,small,4,16,north,acme\n\n"
    (fact,) = read_machines(tmp_path, text)
    assert fact.name == "small"


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_what_spreadsheets_add_does_no_harm(tmp_path: Path, change: Callable[[str], str]) -> None:
    (fact,) = read_machines(tmp_path, change(HEADER + GOOD))
    assert fact.vcpus == 4


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (
            "acme,north,small,four,dedicated,16,\n",
            "machines.csv:2:18: column vcpus is 'four', not a whole number (write digits alone, such as 4)",
        ),
        ("acme,north,small,0,dedicated,16,\n", "machines.csv:2:18: column vcpus is '0', but cannot be below 1"),
        (
            "acme,north,small,4,dedicatd,16,\n",
            "machines.csv:2:20: column cpu is 'dedicatd', which is not known here (did you mean dedicated?)",
        ),
        ("acme,north,small,4,dedicated,0,\n", "machines.csv:2:30: column memory_gib is '0', but must be above 0"),
        ("acme,north,small,4,dedicated,NaN,\n", "machines.csv:2:30: column memory_gib is 'NaN', not a number"),
        (
            "acme,north,small,4,dedicated,16,-1\n",
            "machines.csv:2:33: column usd_per_month is '-1', but cannot be below 0",
        ),
        ('acme,north,small,4,dedicated,16,"1,5"\n', "machines.csv:2:1: column usd_per_month is '1,5', not a number"),
        ("acme,north,small,,dedicated,16,\n", "machines.csv:2:18: column vcpus is empty (fill it in"),
        (",north,small,4,dedicated,16,\n", "machines.csv:2:1: column provider is empty"),
        ("acme,north,small,4,dedicated,16\n", "machines.csv:2:1: this line has 6 cells, the header has 7"),
        ('acme,north,"small"x,4,dedicated,16,\n', "machines.csv:2:1: this is not CSV"),
    ],
)
def test_a_bad_row_is_one_error_with_its_place(tmp_path: Path, row: str, error: str) -> None:
    (message,) = read_errors(tmp_path, HEADER + row)
    assert message.startswith(error)


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = ["acme,north,a,x,dedicated,y,\n", GOOD, "acme,north,b,4,dedicated,16,z\n", GOOD, "acme\n"]
    errors = read_errors(tmp_path, HEADER + "".join(rows))
    assert [error.split(": ")[0] for error in errors] == [
        "machines.csv:2:14",
        "machines.csv:2:26",
        "machines.csv:4:29",
        "machines.csv:5:12",
        "machines.csv:6:1",
    ]
    assert "column machine_type repeats the row of line 3" in errors[3]


def test_a_quoted_line_break_does_not_shift_the_lines_of_errors(tmp_path: Path) -> None:
    text = (
        HEADER.replace("\n", ",source\n") + 'acme,north,a,4,dedicated,16,,"two\nlines"\nacme,north,b,x,dedicated,16,,\n'
    )
    (error,) = read_errors(tmp_path, text)
    assert error.startswith("machines.csv:4:14: column vcpus is 'x'")


def test_a_row_of_several_lines_is_named_by_its_first(tmp_path: Path) -> None:
    errors = read_errors(tmp_path, HEADER + 'acme,north,"a\nb",x,dedicated,16,\n')
    assert [error[:28] for error in errors] == ["machines.csv:2:1: column mac", "machines.csv:2:1: column vcp"]


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (HEADER.replace("vcpus", "vcpu"), "unknown column 'vcpu' (did you mean vcpus?)"),
        (HEADER.replace("vcpus", "cpu"), "column cpu is there twice"),
        (HEADER.replace("region,", ""), "column region is missing"),
        (HEADER.replace(",usd_per_month", ","), "a column has no name"),
        (HEADER.replace(",", ";"), "separate its columns by commas"),
        ("", "is empty (its first line names the columns: provider,region,machine_type"),
        ("\n", "is empty"),
    ],
)
def test_a_bad_header_is_said_at_the_first_line(tmp_path: Path, header: str, error: str) -> None:
    errors = read_errors(tmp_path, header + (GOOD if header.strip() else ""))
    assert errors[0].startswith("machines.csv:1:1: ")
    assert any(error in message for message in errors)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    assert "is not UTF-8 text" in read_errors(tmp_path, (HEADER + GOOD).encode() + b"caf\xe9\n")[0]
    assert "NUL" in read_errors(tmp_path, HEADER.encode() + b"a\0b\n")[0]


def test_facts_that_name_domains_have_one_spelling(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text("provider,region,zone,country,asn\nacme,north,a,de,AS1\n")
    with pytest.raises(InvalidDocument) as caught:
        read_table(path, SITES, keep_all)
    assert [problem.message for problem in caught.value.problems] == ["column country is 'de'", "column asn is 'AS1'"]


def test_a_price_in_another_kinds_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "storage.csv"
    path.write_text("provider,region,kind,type,usd_per_gb\nacme,,volume,fast,0.1\n")
    with pytest.raises(
        InvalidDocument, match="a price of kind volume goes into usd_per_month_gib, not into usd_per_gb"
    ):
        read_table(path, STORAGE, keep_all)


def test_rows_that_are_not_wanted_are_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "machines.csv"
    path.write_text(HEADER + GOOD + "acme,south,small,broken,,,\n")
    assert len(read_table(path, MACHINES, lambda provider, region: region == "north")) == 1


def test_numbers_are_written_plainly(tmp_path: Path) -> None:
    (fact,) = read_machines(tmp_path, HEADER + "acme,north,small,4,dedicated,1e2,12.500\n")
    assert ",100,0,,,x86_64,12.5," in render_table(MACHINES, [fact])


cells = st.sampled_from(("acme", "4", "dedicated", "", "x", '"', '"a\nb"', "-1", "1e999", "٤", "\r", "\x0b", "é", ";"))
lines = st.lists(cells, max_size=9).map(",".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(lines, max_size=5).map("\n".join) | st.text(max_size=40), st.booleans())
def test_whatever_a_file_holds_it_is_read_or_refused_with_places(text: str, has_header: bool) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "machines.csv"
        path.write_bytes(((HEADER if has_header else "") + text).encode("utf-8", "surrogatepass"))
        places = [problem.source for problem in list_problems(path)]
    assert all(place is not None and place.line >= 1 for place in places)


def list_problems(path: Path) -> tuple[OrchestratorError, ...]:
    try:
        read_table(path, MACHINES, keep_all)
    except InvalidDocument as error:
        return error.problems
    return ()
