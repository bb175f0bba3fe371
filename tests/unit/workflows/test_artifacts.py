"""Which artifacts a fleet may install: the operator's pins, and what nothing vouches for."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.model.artifact import Release
from orchestrator.model.client import ClientFacts
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.fleet import Fleet
from orchestrator.model.source import Source
from orchestrator.spec import load_fleet
from orchestrator.workflows.artifacts import build_recipe, find_unverified_artifacts
from orchestrator.workflows.inputs import Where, read_inputs
from tests.unit.machines import make_machine, make_small_lock
from tests.unit.specs import SPEC, write_spec

DIGEST = "1" * 64
PIN = f"\nartifacts:\n  closed: {{version: 1.2.0, sha256: {{amd64: '{DIGEST}'}}}}\n"


def make_client(**changes: Any) -> ClientFacts:
    release = {"url": "https://example.org/{version}-{arch}.tar", "binaries": {"closed": "closed"}}
    facts: dict[str, Any] = {
        "name": "closed",
        "chain": "bitcoin",
        "role": "node",
        "signs": False,
        "version": "1.2.0",
        "ports": {},
        "artifacts": {"release": release},
        "source": Source("closed.yml", 2),
    }
    return ClientFacts.model_validate({**facts, **changes})


@pytest.fixture
def pinned(tmp_path: Path) -> Fleet:
    return load_fleet(write_spec(tmp_path, SPEC + PIN))


def test_the_operator_s_pin_makes_it_verified(pinned: Fleet) -> None:
    way = build_recipe(make_client(), pinned).find_way("amd64")
    assert isinstance(way, Release)
    assert way.sha256 == {"amd64": DIGEST}


def test_a_pin_of_another_version_is_an_error_at_its_place(pinned: Fleet) -> None:
    with pytest.raises(OrchestratorError, match=r"fleet\.yaml:19:3: the pin is of closed 1\.2\.0, and 1\.3\.0"):
        build_recipe(make_client(version="1.3.0"), pinned)


def test_a_pin_is_no_part_of_what_a_lock_depends_on(pinned: Fleet, tmp_path: Path) -> None:
    assert load_fleet(write_spec(tmp_path)).digest == pinned.digest


def test_a_pin_of_no_client_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = write_spec(tmp_path, SPEC + PIN.replace("closed", "btcdd"))
    with pytest.raises(InvalidDocument, match=r"fleet\.yaml:19:3: no client btcdd is known \(did you mean btcd\?\)"):
        read_inputs(Where(path))


def test_check_warns_of_what_up_would_refuse(pinned: Fleet, tmp_path: Path) -> None:
    machines = [
        make_machine("btc-1.1", clients={"node": "closed"}),
        make_machine("btc-2.1", clients={"node": "closed"}, arch="arm64"),
        make_machine("btc-3.1", clients={"node": "closed"}, arch="arm64"),
        make_machine("btc-4.1"),
    ]
    clients = {"closed": make_client()}
    found = list(find_unverified_artifacts(pinned, make_small_lock(machines), clients))
    assert [(each.level, each.subject, str(each.source)) for each in found] == [("warning", "closed", "closed.yml:2:1")]
    assert "unverified for arm64" in found[0].message
    bare = load_fleet(write_spec(tmp_path))
    assert len(list(find_unverified_artifacts(bare, make_small_lock(machines), clients))) == 2
