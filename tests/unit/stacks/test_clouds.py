"""What holds of every cloud: all that its module declares, what scopes change, how names keep apart in one stack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.model.lock import Machine
from tests.unit.stacks import test_aws, test_gcp, test_hetzner
from tests.unit.stacks.registration import Registered, check_golden, compare, stacks_on_path
from tests.unit.stacks.scenario import is_own

with stacks_on_path():
    from settings import Scope


@dataclass(frozen=True)
class Cloud:
    """How a cloud's module is run on machines that make it declare all that it can, and with which settings."""

    name: str
    declare: Callable[..., tuple[Registered, Any]]
    machines: tuple[Machine, ...]
    config: Mapping[str, str]


CLOUDS = (
    Cloud("aws", test_aws.declare, test_aws.MACHINES, test_aws.CONFIG),
    Cloud("gcp", test_gcp.declare, test_gcp.MACHINES, test_gcp.CONFIG),
    Cloud("hetzner", test_hetzner.declare, test_hetzner.MACHINES, test_hetzner.CONFIG),
)


@pytest.fixture(params=CLOUDS, ids=lambda cloud: cloud.name)
def cloud(request: pytest.FixtureRequest) -> Cloud:
    chosen: Cloud = request.param
    return chosen


def test_all_that_the_cloud_gets(cloud: Cloud, renew: bool) -> None:
    resources, outputs = cloud.declare()
    check_golden(cloud.name, {"resources": resources, "outputs": outputs}, renew)


def test_what_each_scope_changes(cloud: Cloud, renew: bool) -> None:
    whole, _ = cloud.declare()
    scopes = [scope for scope in Scope if scope is not Scope.ALL]
    changes = {scope.value: compare(whole, cloud.declare(scope=scope)[0]) for scope in scopes}
    check_golden(f"{cloud.name}-scopes", changes, renew)


def test_in_one_stack_for_all_accounts_shared_resources_carry_the_accounts_name(cloud: Cloud) -> None:
    own, _ = cloud.declare()
    config = {f"acme:{key.partition(':')[2]}": value for key, value in cloud.config.items()}
    together, _ = cloud.declare(layout="fleet", config=config)
    assert set(together) == {name if is_own(name, cloud.machines) else f"acme-{name}" for name in own}
    assert together["acme"] == own["acme"]
