"""A resource's inputs against the types of the provider's own SDK."""

from typing import Any

import pulumi_hcloud as hcloud
import pytest
from pulumi.runtime.rpc import UNKNOWN

from orchestrator.rehearsal.inputs import find_misfits

SERVER = {
    "name": "btc-1-1",
    "serverType": "ccx13",
    "image": "114690387",
    "location": "fsn1",
    "sshKeys": ["1001"],
    "firewallIds": [1002.0],
    "networks": [{"networkId": 1003.0}],
    "labels": {"node": "btc-1"},
    "deleteProtection": True,
}


def find(kind: type[Any], inputs: dict[str, Any]) -> list[tuple[str, str]]:
    return list(find_misfits(kind, inputs))


def test_what_the_stack_declares_fits() -> None:
    assert find(hcloud.ServerArgs, SERVER) == []


@pytest.mark.parametrize(
    ("change", "where", "why"),
    [
        ({"servrType": "x"}, "servrType", "ServerArgs has no property servrType"),
        ({"server_type": "x"}, "server_type", "has no property"),
        ({"serverType": 5.0}, "serverType", "must be str, not float"),
        ({"sshKeys": "1001"}, "sshKeys", "must be a list"),
        ({"sshKeys": [True]}, "sshKeys[0]", "must be str, not bool"),
        ({"firewallIds": [1.5]}, "firewallIds[0]", "must be int, not float"),
        ({"firewallIds": ["x"]}, "firewallIds[0]", "must be int, not str"),
        ({"networks": [5]}, "networks[0]", "must be an object"),
        ({"networks": [{"netId": 1}]}, "networks[0].netId", "has no property netId"),
        ({"networks": [{"networkId": "x"}]}, "networks[0].networkId", "must be int, not str"),
        ({"labels": ["a"]}, "labels", "must be a mapping"),
        ({"labels": {"a": 1.0}}, "labels.a", "must be str, not float"),
        ({"deleteProtection": "yes"}, "deleteProtection", "must be bool, not str"),
        ({"deleteProtection": 1.0}, "deleteProtection", "must be bool, not float"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], where: str, why: str) -> None:
    ((place, reason),) = find(hcloud.ServerArgs, SERVER | change)
    assert place == where
    assert why in reason


def test_what_is_not_known_yet_or_not_given_fits() -> None:
    assert find(hcloud.ServerArgs, SERVER | {"image": UNKNOWN, "location": None, "firewallIds": [UNKNOWN]}) == []
    assert find(hcloud.VolumeArgs, {"size": 100.0, "location": "fsn1"}) == []


def test_every_misfit_is_found() -> None:
    assert len(find(hcloud.VolumeArgs, {"size": "big", "lcation": "x", "labels": 5})) == 3
