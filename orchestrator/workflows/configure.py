"""configure: bring every machine that differs to its configuration, with Ansible, and leave the others alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from orchestrator.adapters.ansible import HostOutcome, TaskEvent, compute_ansible_folder_digest, configure_hosts
from orchestrator.adapters.artifacts import ARCHES, ensure_artifact
from orchestrator.adapters.identities import Identities, read_identities, write_identities
from orchestrator.adapters.probes import probe_machines
from orchestrator.folders import find_cache_folder
from orchestrator.model.artifact import ArtifactRecipe
from orchestrator.model.client import PEER_PORT, ClientFacts
from orchestrator.model.health import Observation
from orchestrator.model.host_config import ClientConfig, HostConfig, compute_configuration_digest
from orchestrator.model.lock import Machine
from orchestrator.model.progress import OnProgress, Progress
from orchestrator.reconcile.peers import choose_peers
from orchestrator.workflows.artifacts import build_recipe
from orchestrator.workflows.deployment import Deployment
from orchestrator.workflows.genesis import Geneses, prepare_geneses
from orchestrator.workflows.inputs import Inputs
from orchestrator.workflows.reach import Reached
from orchestrator.workflows.sync_records import record_starts

PHASE = "configure"
IDENTITIES_NAME = "identities.json"


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
    `identities` are those that their clients have told, by machine, then by client.
    """

    machines: tuple[Machine, ...]
    addresses: Mapping[str, str]
    identities: Identities = field(default_factory=dict)


@dataclass(frozen=True)
class Supplies:
    """What machines are given, whichever they are: programs, and what the networks of one's own began with."""

    clients: Mapping[str, ClientFacts]
    artifacts: Artifacts
    geneses: Geneses


def configure(
    deployment: Deployment, inputs: Inputs, reached: Iterable[Reached], neighbours: Neighbours, tell: OnProgress
) -> dict[str, HostOutcome]:
    """Runs Ansible on the machines whose configuration differs from what they should carry; outcomes by machine id.

    A machine that carries the right digest, with every managed file as it was written, is not touched. Where clients
    know each other by identities that their own keys give them, a second pass tells peers of those that the first
    brought to light.
    """
    there = tuple(reached)
    artifacts = prepare_artifacts(inputs, there, deployment.arch, tell)
    geneses = prepare_geneses(deployment, (each.machine for each in there), tell)
    pass_ = Pass(deployment, Supplies(inputs.clients, artifacts, geneses), neighbours, tell)
    first = pass_.run(there)
    if not first or not any(is_known_by_identity(inputs.clients, each.machine) for each in there):
        return first
    second = pass_.run([each for each in there if is_well(first.get(each.machine.machine))])
    return merge_outcomes(first, second)


@dataclass(frozen=True)
class Pass:
    """One pass over machines: a look at each, then Ansible where it is due."""

    deployment: Deployment
    supplies: Supplies
    neighbours: Neighbours
    tell: OnProgress

    def run(self, reached: Sequence[Reached]) -> dict[str, HostOutcome]:
        """The outcomes of those machines on which Ansible was run, by machine id."""
        observed = probe_machines([each.endpoint for each in reached], self.deployment.identity)
        record_starts(self.deployment.syncs, (each.machine for each in reached), observed, self.supplies.clients)
        neighbours = replace(self.neighbours, identities=self.remember(observed))
        hosts = {each.machine.machine: build_host(each, neighbours, self.supplies) for each in reached}
        digest = compute_ansible_folder_digest()
        signing = frozenset(client.name for client in self.supplies.clients.values() if client.signs)
        due = [
            hosts[seen.machine]
            for seen in observed
            if is_due(seen, compute_configuration_digest(hosts[seen.machine], digest), signing)
        ]
        for machine in hosts:
            status = "to be configured" if any(host.machine == machine for host in due) else "configured already"
            self.tell(Progress(phase=PHASE, subject=machine, status=status))
        if not due:
            return {}
        scratch = self.deployment.scratch
        return configure_hosts(due, self.deployment.identity, scratch, lambda event: self.tell(describe_event(event)))

    def remember(self, observed: Iterable[Observation]) -> Identities:
        """The identities of all neighbours: as seen now, else as last seen."""
        path = self.deployment.scratch / IDENTITIES_NAME
        before = read_identities(path)
        after = {**before, **collect_identities(observed)}
        staying = {machine.machine for machine in self.neighbours.machines}
        after = {machine: identities for machine, identities in after.items() if machine in staying}
        if after != before:
            write_identities(path, after)
        return after


def collect_identities(observed: Iterable[Observation]) -> Identities:
    """The identities that clients told, by machine, then by client."""
    told = {
        seen.machine: {client.client: client.identity for client in seen.clients if client.identity}
        for seen in observed
    }
    return {machine: identities for machine, identities in told.items() if identities}


def is_known_by_identity(clients: Mapping[str, ClientFacts], machine: Machine) -> bool:
    """Whether one of the machine's clients is told of its peers by identities."""
    return any("{identity}" in (clients[name].peer_address or "") for name in machine.clients.values())


def is_well(outcome: HostOutcome | None) -> bool:
    """Whether a machine was left alone or configured to the end."""
    return outcome is None or outcome.status == "ok"


def merge_outcomes(first: Mapping[str, HostOutcome], second: Mapping[str, HostOutcome]) -> dict[str, HostOutcome]:
    """What both passes came to: the later word counts, changes add up."""
    merged = dict(first)
    for machine, outcome in second.items():
        before = first[machine].changed if machine in first else 0
        merged[machine] = replace(outcome, changed=before + outcome.changed)
    return merged


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


def build_host(each: Reached, neighbours: Neighbours, supplies: Supplies) -> HostConfig:
    """What one machine is to carry."""
    machine = each.machine
    return HostConfig(
        endpoint=each.endpoint,
        hostname=machine.hostname,
        clients=tuple(
            ClientConfig(
                name=name,
                role=role,
                network=machine.network,
                ports={port.name: port.port for port in supplies.clients[name].ports[machine.network]},
                artifact_folder=supplies.artifacts[name, machine.arch].folder,
                artifact_digest=supplies.artifacts[name, machine.arch].digest,
                peers=build_peers(machine, role, neighbours, supplies.clients),
            )
            for role, name in machine.clients.items()
        ),
        genesis=supplies.geneses.get((machine.chain, machine.network)),
        volume_device=each.volume_device,
    )


def build_peers(
    machine: Machine, role: str, neighbours: Neighbours, clients: Mapping[str, ClientFacts]
) -> tuple[str, ...]:
    """The peers of a machine's client, in the form that it is told of them; those of unknown identity come later."""
    form = clients[machine.clients[role]].peer_address
    if form is None:
        return ()
    known = [other for other in neighbours.machines if other.machine in neighbours.addresses]
    peers = []
    for other in choose_peers(machine, role, known):
        client = clients[other.clients[role]]
        identity = neighbours.identities.get(other.machine, {}).get(client.name)
        if identity or "{identity}" not in form:
            address, port = neighbours.addresses[other.machine], client.get_port(other.network, PEER_PORT)
            peers.append(form.format(address=address, port=port, identity=identity))
    return tuple(peers)


def describe_event(event: TaskEvent) -> Progress:
    """What Ansible does, as progress of its machine."""
    return Progress(phase=PHASE, subject=event.machine, status=f"{event.task}: {event.status}")
