"""genesis: the development networks of a fleet begin once, and every machine on them gets what they began with."""

import time
from collections.abc import Iterable, Mapping

from orchestrator.adapters.ansible import compute_folder_digest
from orchestrator.adapters.artifacts import ensure_artifact
from orchestrator.adapters.genesis import ensure_genesis
from orchestrator.catalog.development_networks import load_development_networks
from orchestrator.folders import find_asset, find_cache_folder
from orchestrator.model.artifact import ArtifactRecipe
from orchestrator.model.development_network import DevelopmentNetwork
from orchestrator.model.host_config import Genesis
from orchestrator.model.lock import Machine
from orchestrator.model.progress import OnProgress, Progress
from orchestrator.workflows.deployment import Deployment

PHASE = "genesis"
FOLDER_NAME = "fleet.genesis"

Geneses = Mapping[tuple[str, str], Genesis]
"""The geneses of a fleet's development networks, by (chain, network)."""


def prepare_geneses(deployment: Deployment, machines: Iterable[Machine], tell: OnProgress) -> Geneses:
    """The genesis of each development network that the machines are on; made at the fleet's first run, then kept.

    They lie beside the pinned host keys, since like these they cannot be made again: another genesis is another chain.
    """
    wanted = sorted({(machine.chain, machine.network) for machine in machines})
    known = load_development_networks(find_asset("ansible") / "networks")
    return {which: prepare_genesis(deployment, known[which], tell) for which in wanted if which in known}


def prepare_genesis(deployment: Deployment, network: DevelopmentNetwork, tell: OnProgress) -> Genesis:
    """One network's genesis; the program that makes it is had only where there is none yet."""
    folder = deployment.pins.with_name(FOLDER_NAME) / network.name
    if not folder.is_dir():

        def say(status: str) -> None:
            tell(Progress(phase=PHASE, subject=network.name, status=status))

        recipe = ArtifactRecipe.model_validate(
            {"name": f"{network.name}-genesis", "version": network.version, **network.artifacts}
        )
        programs = ensure_artifact(recipe, find_cache_folder(), say)
        say("the network's genesis is made")
        ensure_genesis(network, programs, folder, int(time.time()))
    return Genesis(name=f"genesis-{network.name}", folder=str(folder), digest=compute_folder_digest(folder))
