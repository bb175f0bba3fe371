"""The outline's converter: arcs to rings, the cut at the antimeridian, and the file that it writes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools.world_outline.__main__ import main
from tools.world_outline.convert import compute_rings, render_outline


def make_topology(arcs: list[list[list[int]]], *polygons: list[list[int]]) -> dict[str, Any]:
    """Land of polygons by the numbers of arcs; arcs in whole degrees."""
    geometries = [{"type": "MultiPolygon", "arcs": list(polygons)}]
    transform = {"scale": [1, 1], "translate": [0, 0]}
    return {"type": "Topology", "transform": transform, "objects": {"land": {"geometries": geometries}}, "arcs": arcs}


def test_arcs_are_steps_and_are_joined_backwards_where_their_number_says_so() -> None:
    arcs = [[[0, 0], [10, 0], [0, 10]], [[0, 0], [0, 10], [10, 0]]]
    assert compute_rings(make_topology(arcs, [[0, ~1]])) == [[(0, 0), (100, 0), (100, 100), (0, 100)]]


def test_a_ring_across_the_antimeridian_is_cut_there() -> None:
    arcs = [[[170, 0], [-340, 0], [0, 10], [340, 0], [0, -10]]]
    rings = sorted(map(sorted, compute_rings(make_topology(arcs, [[0]]))))
    assert rings == [
        [(-1800, 0), (-1800, 100), (-1700, 0), (-1700, 100)],
        [(1700, 0), (1700, 100), (1800, 0), (1800, 100)],
    ]


def test_antarctica_is_left_out() -> None:
    arcs = [[[0, -80], [10, 0], [0, 5], [-10, -5]]]
    assert compute_rings(make_topology(arcs, [[0]])) == []


def test_the_file_has_steps_and_its_source() -> None:
    data = json.loads(render_outline([[(10, 20), (30, 15), (5, 5)]], "somewhere", "2024-12-07"))
    assert data["rings"] == [[10, 20, 20, -5, -25, -10]]
    assert (data["source"], data["date"]) == ("somewhere", "2024-12-07")


def test_the_tool_writes_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arcs = [[[0, 0], [10, 0], [0, 10], [-10, -10]]]
    (tmp_path / "land-110m.json").write_text(json.dumps(make_topology(arcs, [[0]])))
    (tmp_path / "package.json").write_text('{"version": "2.0.2"}')
    assert main([str(tmp_path), "--date", "2024-12-07", "--to", str(tmp_path / "world.json")]) == 0
    assert json.loads((tmp_path / "world.json").read_text())["rings"] == [[0, 0, 100, 0, 0, 100]]
    assert "1 outlines" in capsys.readouterr().out


def test_a_folder_that_is_no_package_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--date", "2024-12-07", "--to", str(tmp_path / "world.json")]) == 2
    assert "npm pack world-atlas" in capsys.readouterr().err
    assert not (tmp_path / "world.json").exists()
