"""reach: from the stacks' outputs to machines that answer SSH with a host key of their own."""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from orchestrator.adapters.pins import add_pin, read_pins
from orchestrator.adapters.pulumi import list_stacks, open_stack
from orchestrator.adapters.ssh import rotate_host_key
from orchestrator.model.endpoint import CONNECT_SECONDS, LOST_CONNECT_SECONDS, Endpoint
from orchestrator.model.errors import RemoteFailure
from orchestrator.model.lock import Lock, Machine, MachineState
from orchestrator.model.progress import OnProgress, Progress
from orchestrator.model.stack import StackResult
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.provision import SCOPE_ALL, refuse_other_layout

PHASE = "reach"
BOOT_SECONDS = 180.0  # a new machine
REBOOT_SECONDS = 20.0  # one that answered before: it may be starting again, or be lost
RETRY_SECONDS = 0.5
THREADS = 16

Outputs = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Reached:
    """A machine that answers, and what its stack says of it."""

    machine: Machine
    endpoint: Endpoint
    volume_device: str | None


def list_running(lock: Lock) -> tuple[Machine, ...]:
    """The machines that are to run and can be reached: all but those that are lost, or let go since compromised."""
    return tuple(machine for machine in lock.machines if machine.state is not MachineState.LOST and is_trusted(machine))


def is_trusted(machine: Machine) -> bool:
    """Whether anything may be asked of the machine and believed; one that is held is the fence's affair."""
    return machine.compromised is None or machine.state is MachineState.HELD


def collect_outputs(results: Iterable[StackResult]) -> Outputs:
    """What the stacks say of each machine, after an update."""
    return {machine: outputs for result in results for machine, outputs in result.outputs.get("machines", {}).items()}


def fetch_outputs(deployment: Deployment, accounts: Iterable[str]) -> Outputs:
    """What the stacks said of each machine when they were last applied."""
    names = tuple(accounts)
    refuse_other_layout(list_stacks(deployment.project), names)
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        fetched = pool.map(lambda name: open_stack(deployment.project, name, SCOPE_ALL).fetch_outputs(), names)
        return {machine: outputs for each in fetched for machine, outputs in each.get("machines", {}).items()}


def build_endpoint(machine: Machine, outputs: Mapping[str, Any], pins: Mapping[str, tuple[str, ...]]) -> Endpoint:
    """How the machine is reached. A host key that is not single-use is pinned by the hosts file itself."""
    single_use = bool(outputs["single_use_host_key"])
    return Endpoint(
        machine=machine.machine,
        address=outputs["address"],
        port=int(outputs["port"]),
        user=outputs["user"],
        host_keys=pins.get(machine.machine, ()) if single_use else (outputs["host_key"],),
        bootstrap_host_key=outputs["host_key"] if single_use else None,
        connect_seconds=LOST_CONNECT_SECONDS if machine.state is MachineState.LOST else CONNECT_SECONDS,
    )


def list_endpoints(deployment: Deployment, machines: Iterable[Machine], outputs: Outputs) -> dict[str, Endpoint]:
    """The endpoints of those machines that the stacks know, by machine id."""
    pins = read_pins(deployment.pins)
    return {
        machine.machine: build_endpoint(machine, outputs[machine.machine], pins)
        for machine in machines
        if machine.machine in outputs
    }


def reach(
    deployment: Deployment, machines: Iterable[Machine], outputs: Outputs, tell: OnProgress
) -> tuple[tuple[Reached, ...], dict[str, str]]:
    """Waits for each machine's SSH and gives it a host key of its own. Those reached, and why others were not."""
    wanted = tuple(machines)
    endpoints = list_endpoints(deployment, wanted, outputs)
    failures = {machine.machine: "its stack does not have it" for machine in wanted if machine.machine not in endpoints}
    reached: list[Reached] = []

    def attempt(machine: Machine) -> Reached | RemoteFailure:
        tell(Progress(phase=PHASE, subject=machine.machine, status="waiting for SSH"))
        try:
            endpoint = settle_endpoint(deployment, endpoints[machine.machine])
        except RemoteFailure as failure:
            tell(Progress(phase=PHASE, subject=machine.machine, status="unreachable"))
            return failure
        tell(Progress(phase=PHASE, subject=machine.machine, status="reached"))
        return Reached(machine, endpoint, outputs[machine.machine].get("volume_device"))

    present = [machine for machine in wanted if machine.machine in endpoints]
    with ThreadPoolExecutor(THREADS) as pool:
        for machine, result in zip(present, pool.map(attempt, present), strict=True):
            if isinstance(result, Reached):
                reached.append(result)
            else:
                failures[machine.machine] = str(result)
    return tuple(reached), failures


def settle_endpoint(deployment: Deployment, endpoint: Endpoint) -> Endpoint:
    """The endpoint once its host key is its own; RemoteFailure where the machine does not answer in time.

    A machine whose key is not single-use is not asked: the next step will find out whether it is there. One whose own
    key is pinned already is asked all the same, since a killed run may have left its single-use key in place.
    """
    if endpoint.host_keys and endpoint.bootstrap_host_key is None:
        return endpoint
    return retry(
        lambda: rotate_host_key(
            endpoint, deployment.identity, lambda key: add_pin(deployment.pins, endpoint.machine, key)
        ),
        REBOOT_SECONDS if endpoint.host_keys else BOOT_SECONDS,
    )


def retry(work: Callable[[], Endpoint], seconds: float) -> Endpoint:
    """The work's result, tried again for so long while a machine boots."""
    end = time.monotonic() + seconds
    while True:
        try:
            return work()
        except RemoteFailure:
            if time.monotonic() > end:
                raise
            time.sleep(RETRY_SECONDS)
