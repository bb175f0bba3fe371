"""The networks of the operator's own that the project knows how to begin: one YAML file each."""

from pathlib import Path

from pydantic import TypeAdapter

from orchestrator.documents.yaml_document import read_yaml
from orchestrator.model.development_network import DevelopmentNetwork
from orchestrator.model.errors import InvalidDocument

DEVELOPMENT_NETWORK = TypeAdapter(DevelopmentNetwork)


def load_development_networks(folder: Path) -> dict[tuple[str, str], DevelopmentNetwork]:
    """The networks of every *.yml file in `folder`, by (chain, network); InvalidDocument with a file's problems."""
    networks: dict[tuple[str, str], DevelopmentNetwork] = {}
    for path in sorted(folder.glob("*.yml")):
        document = read_yaml(path)
        network: DevelopmentNetwork = document.validate(DEVELOPMENT_NETWORK)
        if network.name != path.stem:
            hint = f"name the file {network.name}.yml"
            raise InvalidDocument([document.problem(("chain",), f"{network.name} is described in {path.name}", hint)])
        networks[network.chain, network.network] = network
    return networks
