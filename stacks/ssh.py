"""Enrolled machines: claims each host that the lock uses, so that no two fleets run nodes on one host."""

import pulumi
from declaration import Declaration, MachineOutputs
from enrolled_host import EnrolledMachine
from survey import Again, Search

from orchestrator.model.fleet import Account


def make_provider(_account: Account, _namespace: str | None) -> None:
    """Enrolled hosts have no cloud: the operator's SSH key is all that is needed."""


def declare(declaration: Declaration) -> dict[str, MachineOutputs]:
    """Declares a claim for each machine; outputs by machine id."""
    if not declaration.scope.declares_machines:
        return {}
    hosts = {host.name: host for host in declaration.account.hosts}
    outputs: dict[str, MachineOutputs] = {}
    for machine in declaration.machines:
        if machine.host not in hosts:
            raise pulumi.RunError(
                f"{machine.machine} stands on host {machine.host}, which the hosts file no longer has"
            )
        host = hosts[machine.host]
        claim = EnrolledMachine(
            machine.hostname,
            {
                "fleet": declaration.fleet,
                "machine": machine.machine,
                "host": host.name,
                "endpoint": {"address": host.address, "port": host.port, "user": host.user, "host_key": host.host_key},
            },
            opts=pulumi.ResourceOptions(protect=declaration.is_machine_protected(machine)),
        )
        outputs[machine.machine] = {
            # Known only once the claim stands: a host that was refused must not be reached, let alone configured.
            "address": pulumi.Output.all(claim.id, host.address).apply(lambda both: both[1]),
            "port": host.port,
            "user": host.user,
            "host_key": host.host_key,
            "single_use_host_key": False,
            "volume_device": None,
        }
    return outputs


# A claim that stands already is taken for this one's own.
SEARCH = Search(lambda _area, _options: (), {"pulumi-python:dynamic/orchestrator:EnrolledMachine": Again()})
