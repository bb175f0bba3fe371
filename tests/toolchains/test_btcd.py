"""btcd, built for real from its pinned module."""

import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from orchestrator.adapters.artifacts import ensure_artifact
from orchestrator.folders import find_asset
from orchestrator.model.artifact import ArtifactRecipe

pytestmark = pytest.mark.build


def test_btcd_is_built_as_its_data_file_says(tmp_path: Path) -> None:
    data = YAML(typ="safe").load((find_asset("ansible") / "clients" / "btcd.yml").read_text())
    recipe = ArtifactRecipe.model_validate({"name": data["client"], "version": data["version"], **data["artifacts"]})
    folder = ensure_artifact(recipe, tmp_path, print)
    assert ask_version(folder / "btcd") == f"btcd version {data['version']}-beta"
    assert ask_version(folder / "btcctl").startswith("btcctl version ")  # upstream numbers it on its own
    assert ensure_artifact(recipe, tmp_path, pytest.fail) == folder


def ask_version(program: Path) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
