"""configure: bring every machine that differs to its configuration, with Ansible, and leave the others alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestrator.adapters.ansible import HostOutcome, TaskEvent, compute_ansible_folder_digest, configure_hosts
from orchestrator.adapters.artifacts import ARCHES, ensure_artifact
from orchestrator.adapters.probes import probe_machines
from orchestrator.folders import find_cache_folder
from orchestrator.model.artifact import ArtifactRecipe
from orchestrator.model.client import ClientFacts
from orchestrator.model.health import Observation
from orchestrator.model.host_config import ClientConfig, HostConfig, compute_configuration_digest
from orchestrator.model.lock import Machine
from orchestrator.model.progress import OnProgress, Progress
from orchestrator.reconcile.peers import choose_peers
from orchestrator.workflows.artifacts import build_recipe
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.inputs import Inputs
from orchestrator.workflows.reach import Reached

PHASE = "configure"
PEER_PORT = "p2p"


@dataclass(frozen=True)
class Artifact:
    """A client's programs on this computer, and the digest that names them."""

    folder: str
    digest: str


Artifacts = Mapping[tuple[str, str], Artifact]
"""Programs by client and machine architecture."""


@dataclass(frozen=True)
class Neighbours:
    """The machines that others are peered with, whether they answer just now or not, and the addresses known.

    Machines on their way out are no peers for others, so that nothing is reconfigured once more when they go.
    """

    machines: tuple[Machine, ...]
    addresses: Mapping[str, str]


def configure(
    deployment: Deployment, inputs: Inputs, reached: Iterable[Reached], neighbours: Neighbours, tell: OnProgress
) -> dict[str, HostOutcome]:
    """Runs Ansible on the machines whose configuration differs from what they should carry; outcomes by machine id.

    A machine that carries the right digest, with every managed file as it was written, is not touched.
    """
    there = tuple(reached)
    artifacts = prepare_artifacts(inputs, there, deployment.arch, tell)
    hosts = {each.machine.machine: build_host(each, neighbours, inputs.clients, artifacts) for each in there}
    digest = compute_ansible_folder_digest()
    observed = probe_machines([each.endpoint for each in there], deployment.identity)
    signing = frozenset(client.name for client in inputs.clients.values() if client.signs)
    due = [
        hosts[seen.machine]
        for seen in observed
        if is_due(seen, compute_configuration_digest(hosts[seen.machine], digest), signing)
    ]
    for seen in observed:
        status = "to be configured" if any(host.machine == seen.machine for host in due) else "configured already"
        tell(Progress(phase=PHASE, subject=seen.machine, status=status))
    if not due:
        return {}
    return configure_hosts(due, deployment.identity, deployment.scratch, lambda event: tell(describe_event(event)))


def is_due(observation: Observation, digest: str, signing: frozenset[str]) -> bool:
    """Whether a machine must be configured: it could not be asked, differs, drifted, or a client does not run.

    A signing client that does not run is as Ansible leaves it: starting it is another step, with a fence of its own.
    """
    stopped = any(not client.active for client in observation.clients if client.client not in signing)
    return bool(observation.error) or observation.digest != digest or bool(observation.drifted) or stopped


def prepare_artifacts(inputs: Inputs, reached: Iterable[Reached], arch: str | None, tell: OnProgress) -> Artifacts:
    """The programs of every client in use, fetched or built where this computer has them not; for `arch`, if given."""
    wanted = sorted({(name, each.machine.arch) for each in reached for name in each.machine.clients.values()})
    recipes = {name: build_recipe(inputs.clients[name], inputs.fleet) for name, _ in wanted}
    return {(name, own): prepare_artifact(recipes[name], arch or own, tell) for name, own in wanted}


def prepare_artifact(recipe: ArtifactRecipe, machine_arch: str, tell: OnProgress) -> Artifact:
    """One client's programs for one architecture; the folder's name is made from all that decides its content."""
    folder = ensure_artifact(
        recipe,
        find_cache_folder(),
        lambda line: tell(Progress(phase=PHASE, subject=recipe.name, status=line)),
        arch=ARCHES[machine_arch],
    )
    return Artifact(str(folder), folder.name)


def build_host(
    each: Reached, neighbours: Neighbours, clients: Mapping[str, ClientFacts], artifacts: Artifacts
) -> HostConfig:
    """What one machine is to carry."""
    machine = each.machine
    peers = choose_peers(machine, [other for other in neighbours.machines if other.machine in neighbours.addresses])
    return HostConfig(
        endpoint=each.endpoint,
        hostname=machine.hostname,
        clients=tuple(
            ClientConfig(
                name=name,
                network=machine.network,
                artifact_folder=artifacts[name, machine.arch].folder,
                artifact_digest=artifacts[name, machine.arch].digest,
                peers=tuple(
                    f"{neighbours.addresses[peer.machine]}:{find_peer_port(clients[name], machine.network)}"
                    for peer in peers
                ),
            )
            for name in machine.clients.values()
        ),
        volume_device=each.volume_device,
    )


def find_peer_port(client: ClientFacts, network: str) -> int:
    """The port on which a client's peers find it."""
    return next(port.port for port in client.ports[network] if port.name == PEER_PORT)


def describe_event(event: TaskEvent) -> Progress:
    """What Ansible does, as progress of its machine."""
    return Progress(phase=PHASE, subject=event.machine, status=f"{event.task}: {event.status}")
