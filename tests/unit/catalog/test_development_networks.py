"""The files of development networks, and what is said of one that is wrong."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from orchestrator.catalog.clients import load_clients
from orchestrator.catalog.development_networks import load_development_networks
from orchestrator.folders import find_asset
from orchestrator.model.artifact import ArtifactRecipe
from orchestrator.model.errors import InvalidDocument

FOLDER = find_asset("ansible") / "networks"


def test_the_projects_own_networks_are_known_to_clients_and_can_be_made() -> None:
    clients = load_clients(find_asset("ansible") / "clients").values()
    for (chain, network), facts in load_development_networks(FOLDER).items():
        assert any(client.chain == chain and network in client.ports for client in clients)
        ArtifactRecipe.model_validate({"name": facts.name, "version": facts.version, **facts.artifacts})


def test_ethereums_layers_agree_on_the_chain() -> None:
    network = load_development_networks(FOLDER)["ethereum", "dev"]
    rules = YAML(typ="safe").load(network.inputs["config.yml"])
    genesis = json.loads(network.inputs["genesis.in.json"])
    assert rules["DEPOSIT_CHAIN_ID"] == genesis["config"]["chainId"] == rules["DEPOSIT_NETWORK_ID"]
    prysm = (find_asset("ansible") / "clients" / "prysm.yml").read_text()
    validator = (find_asset("ansible") / "clients" / "prysm-validator.yml").read_text()
    assert f"--chain-id={genesis['config']['chainId']}\n" in prysm
    validators = rules["MIN_GENESIS_ACTIVE_VALIDATOR_COUNT"]
    assert f"--num-validators={validators}" in network.command
    assert f"--interop-num-validators={validators}," in validator


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("chain: ethereum", "chain: bitcoin", "bitcoin-dev is described in ethereum-dev.yml"),
        ("inputs:", "imputs:", "unknown key imputs (did you mean inputs?)"),
        ("files: [config.yml", "files: [../config.yml", "files"),
    ],
)
def test_a_bad_file_is_an_error(tmp_path: Path, old: str, new: str, error: str) -> None:
    text = (FOLDER / "ethereum-dev.yml").read_text()
    assert old in text
    (tmp_path / "ethereum-dev.yml").write_text(text.replace(old, new))
    with pytest.raises(InvalidDocument) as caught:
        load_development_networks(tmp_path)
    assert any(error in str(problem) for problem in caught.value.problems)
