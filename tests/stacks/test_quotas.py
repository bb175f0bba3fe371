"""Quotas through the real engine: `check --live` asks each rehearsed cloud, and no machine is made for it."""

from collections.abc import Iterator

import pytest

from orchestrator.workflows.deployment import open_deployment
from orchestrator.workflows.inputs import Where, read_inputs
from tests.rehearsed_fleet import RehearsedFleet

pytestmark = pytest.mark.engine

SPEC = """\
fleet: room
accounts:
  amazon: {provider: aws, regions: [us-east-1]}
  google: {provider: gcp, project: example-nodes, regions: [europe-west4]}
  hz: {provider: hetzner, regions: [hel1]}
groups:
  btc:
    chain: bitcoin
    network: regtest
    count: 3
    clients: {node: [btcd]}
    machine: {vcpus: 2, memory: 4 GiB, disk: 100 GiB}
policy:
  - {name: evenly, skew: 1, per: account}
"""


@pytest.fixture
def fleet(tmp_path_factory: pytest.TempPathFactory, as_root: None) -> Iterator[RehearsedFleet]:
    """A fleet that is placed, and whose rehearsal is ready; nothing of it is up."""
    made = RehearsedFleet("room", tmp_path_factory.mktemp("room"), {}, hosts=0)
    made.spec.write_text(SPEC)
    made.must("place")
    with made.at_home():
        open_deployment(read_inputs(Where(made.spec)), True)
    yield made
    assert made.clean() == []


def test_quotas_are_asked_of_each_cloud(fleet: RehearsedFleet) -> None:
    fleet.must("rehearse", "quota", "provider=aws", "region=us-east-1", "vcpus=3")
    done = fleet.run("check", "--live", "--rehearse", "--format", "json")
    assert done.code == 1, done.out + done.err
    found = {each["subject"]: each for each in done.read()["findings"] if each["rule"] == "quota"}
    assert {subject: (each["level"], each["value"], each["bound"]) for subject, each in found.items()} == {
        "amazon/us-east-1": ("error", "4 vCPUs", "3 vCPUs"),
        "hz/hel1": ("warning", "4 vCPUs", "unknown vCPUs"),  # Hetzner has no API for its limits; Google's are enough
    }
