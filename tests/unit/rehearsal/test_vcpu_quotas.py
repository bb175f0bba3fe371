"""What the rehearsed clouds say of their quotas is what they refuse by."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from orchestrator.model.loss import Loss
from orchestrator.rehearsal.aws import list_functions as list_aws_functions
from orchestrator.rehearsal.cloud import Unreachable
from orchestrator.rehearsal.exhaustion import Quota, set_quota
from orchestrator.rehearsal.gcp import list_functions as list_gcp_functions
from orchestrator.rehearsal.outage import Losses, find_losses_file
from orchestrator.rehearsal.stored import write_value
from orchestrator.rehearsal.vcpu_quotas import AWS_FUNCTION, GCP_FUNCTION, UNSET_VCPUS
from orchestrator.rehearsal.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(id="0123abcd", folder=tmp_path, fleet="f", spec_path=Path("/f"), subnet=IPv4Network("10.213.9.0/24"))


def test_aws_tells_a_region_s_quota(world: World) -> None:
    ask = list_aws_functions(world, "a")[AWS_FUNCTION]
    set_quota(world, Quota(provider="aws", region="us-east-1", vcpus=7))
    assert ask({"region": "us-east-1", "quotaCode": "L-1216C47A"})["value"] == 7
    assert ask({"region": "eu-central-1", "quotaCode": "L-1216C47A"})["value"] == UNSET_VCPUS


def test_google_tells_all_regions_at_once(world: World) -> None:
    set_quota(world, Quota(provider="gcp", region="europe-west4", vcpus=9))
    told = list_gcp_functions(world, "g")[GCP_FUNCTION]({"quotaId": "CPUS-per-project-region"})["dimensionsInfos"]
    limits = {info["dimensions"]["region"]: info["details"][0]["value"] for info in told}
    assert limits["europe-west4"] == "9"
    assert limits["us-central1"] == str(UNSET_VCPUS)


def test_a_lost_account_tells_nothing(world: World) -> None:
    write_value(find_losses_file(world), Losses(losses=(Loss(kind="account", value="a"),)))
    with pytest.raises(Unreachable):
        list_aws_functions(world, "a")[AWS_FUNCTION]({"region": "us-east-1"})
