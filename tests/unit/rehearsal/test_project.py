"""A rehearsal's project shares nothing with production, and no credential reaches it."""

import json
import os
import subprocess
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from orchestrator.adapters.pulumi import PulumiProject
from orchestrator.model.rehearsal import RehearsalRequest, RehearsedAccount, RehearsedHost
from orchestrator.rehearsal.project import (
    PROJECT_NAME,
    ensure_operator_key,
    list_environment,
    write_project,
)
from orchestrator.rehearsal.providers import TOKEN_PREFIX
from orchestrator.rehearsal.world import World
from tests.baits import FILES_BY_VARIABLE, VARIABLES

CHECKOUT = Path(__file__).parents[3]
REQUEST = RehearsalRequest(
    fleet="demo",
    spec=Path("/spec/fleet.yaml"),
    lock=Path("/spec/fleet.lock"),
    accounts=(
        RehearsedAccount(name="alpha", provider="hetzner"),
        RehearsedAccount(name="metal", provider="ssh", hosts=(RehearsedHost(name="m1", domains={}),)),
    ),
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(
        id="0123abcd",
        folder=tmp_path,
        fleet="demo",
        spec_path=Path("/spec/fleet.yaml"),
        subnet=IPv4Network("10.9.0.0/24"),
    )


def test_no_credential_of_the_operator_reaches_the_engine(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.adapters.pulumi.find_pulumi", lambda: Path("/chain"))
    for name in VARIABLES:
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://production")
    monkeypatch.setenv("PULUMI_HOME", "/production")
    environment = PulumiProject(world.folder, list_environment(world)).build_environment()
    told = {name: environment[name] for name in VARIABLES}  # set, so that what is inherited does not show through
    assert {told.pop(name) for name in FILES_BY_VARIABLE} == {os.devnull}  # an empty one would lead to the home folder
    assert told.pop("AWS_EC2_METADATA_DISABLED") == "true"
    assert set(told.values()) == {""}
    assert environment["PULUMI_BACKEND_URL"] == f"file://{world.folder / 'state'}"
    assert environment["PULUMI_HOME"].startswith(str(world.folder))


def test_the_project_is_the_production_program_with_our_plugin(world: World) -> None:
    write_project(world, REQUEST)
    project = json.loads((world.folder / "Pulumi.yaml").read_text())
    assert project["name"] == PROJECT_NAME
    assert project["main"] == str(CHECKOUT / "stacks")
    plugins = project["plugins"]["providers"]
    assert {plugin["name"] for plugin in plugins} == {"aws", "gcp", "hcloud"}
    for plugin in plugins:
        assert Path(plugin["path"]).is_relative_to(world.folder)
        launcher = Path(plugin["path"]) / f"pulumi-resource-{plugin['name']}"
        assert launcher.stat().st_mode & 0o777 == 0o700
        assert f"--world {world.id}" in launcher.read_text()
    assert project["backend"]["url"] == f"file://{world.folder / 'state'}"


def test_an_accounts_token_is_none_of_any_cloud(world: World) -> None:
    write_project(world, REQUEST)
    alpha = json.loads((world.folder / "Pulumi.alpha.yaml").read_text())["config"]
    assert alpha["hcloud:token"] == f"{TOKEN_PREFIX}alpha"
    assert alpha["orchestrator:lock"] == "/spec/fleet.lock"
    assert "hcloud:token" not in json.loads((world.folder / "Pulumi.metal.yaml").read_text())["config"]


def test_what_the_engine_added_to_a_stacks_file_stays(world: World) -> None:
    write_project(world, REQUEST)
    path = world.folder / "Pulumi.alpha.yaml"
    path.write_text(path.read_text() + "# salt\n")
    before = (world.folder / "Pulumi.yaml").stat().st_mtime_ns
    write_project(world, REQUEST)
    assert path.read_text().endswith("# salt\n")
    assert (world.folder / "Pulumi.yaml").stat().st_mtime_ns == before


def test_the_operators_key_is_made_once_and_again_where_half_of_it_is_missing(world: World) -> None:
    key = ensure_operator_key(world)
    first = key.read_bytes()
    assert ensure_operator_key(world).read_bytes() == first
    assert key.stat().st_mode & 0o077 == 0
    key.with_suffix(".pub").unlink()
    assert ensure_operator_key(world).read_bytes() != first
    subprocess.run(["ssh-keygen", "-l", "-f", str(key)], check=True, capture_output=True)


def test_the_committed_project_names_no_plugin_and_another_name() -> None:
    project = YAML(typ="safe").load(CHECKOUT / "Pulumi.yaml")
    assert "plugins" not in project
    assert "backend" not in project
    assert project["name"] != PROJECT_NAME
