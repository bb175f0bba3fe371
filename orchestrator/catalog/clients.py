"""The client catalogue: one YAML file a blockchain client, read into what the core needs of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import TypeAdapter

from orchestrator.documents.text_file import invalid
from orchestrator.documents.yaml_document import YamlDocument, read_yaml
from orchestrator.model.client import PEER_PORT, ClientFacts, ClientFile
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.fleet import Fleet
from orchestrator.model.source import Source

CLIENT_FILE = TypeAdapter(ClientFile)


def load_clients(folder: Path) -> dict[str, ClientFacts]:
    """The clients of every *.yml file in `folder`, by name, sorted; InvalidDocument with all problems of all files."""
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise invalid(folder, what, "name the folder that holds one YAML file a client")
    clients: dict[str, ClientFacts] = {}
    problems: list[OrchestratorError] = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".yaml":
            hint = f"rename it {path.stem}.yml"
            problems.append(OrchestratorError(f"{path.name} is not read", hint=hint, source=Source.at(path)))
        if path.suffix != ".yml":
            continue
        try:
            client = load_client(path)
            clients[client.name] = client
        except InvalidDocument as error:
            problems.extend(error.problems)
    problems += find_disagreements(clients)
    if problems:
        raise InvalidDocument(problems)
    return clients


def is_production(chain: str, network: str, clients: Mapping[str, ClientFacts]) -> bool:
    """Whether a chain's network is one that people rely on; one that no client knows is taken to be."""
    knowing = [client for client in clients.values() if client.chain == chain and network in client.ports]
    return not knowing or any(network not in client.test_networks for client in knowing)


def mark_production(fleet: Fleet, clients: Mapping[str, ClientFacts]) -> Fleet:
    """The fleet with each group told whether its network is production."""
    groups = (
        group.model_copy(update={"production": is_production(group.chain, group.network, clients)})
        for group in fleet.groups
    )
    return fleet.model_copy(update={"groups": tuple(groups)})


def find_disagreements(clients: Mapping[str, ClientFacts]) -> Iterator[OrchestratorError]:
    """Networks that one client's file takes for production and another's of the same chain does not."""
    seen: dict[tuple[str, str], ClientFacts] = {}
    for client in clients.values():
        for network in client.ports:
            first = seen.setdefault((client.chain, network), client)
            if (network in first.test_networks) != (network in client.test_networks):
                message = f"{client.name} and {first.name} disagree on whether {client.chain} {network} is production"
                hint = f"write the same `production` for it in both files ({first.source.file})"
                yield OrchestratorError(message, hint=hint, source=client.source)


def load_client(path: Path) -> ClientFacts:
    """The client that one file describes; InvalidDocument with every problem of the file."""
    document = read_yaml(path)
    file: ClientFile = document.validate(CLIENT_FILE)
    problems = list(find_problems(document, file, path))
    if problems:
        raise InvalidDocument(problems)
    return ClientFacts(
        name=file.client,
        chain=file.chain,
        role=file.role,
        signs=file.signs,
        version=file.version,
        ports={name: network.ports for name, network in sorted(file.networks.items())},
        artifacts=file.artifacts,
        peer_address=file.peers.address if file.peers else None,
        ready={name: network.ready for name, network in sorted(file.networks.items()) if network.ready},
        methods={name: network.sync for name, network in sorted(file.networks.items())},
        test_networks=frozenset(name for name, network in file.networks.items() if not network.production),
        source=document.key_source_of(("client",)),
    )


def find_problems(document: YamlDocument, file: ClientFile, path: Path) -> Iterator[OrchestratorError]:
    """What types cannot say: a name unlike its file's, ports of one network that collide, peers without a port."""
    if file.client != path.stem:
        message = f"the client {file.client} is described in {path.name}"
        yield document.problem(("client",), message, f"name the file {file.client}.yml")
    for name, network in file.networks.items():
        listens: set[tuple[int, str]] = set()
        names: set[str] = set()
        for index, port in enumerate(network.ports):
            place = ("networks", name, "ports", index)
            if (port.port, port.protocol) in listens:
                yield document.problem(place, f"{port.protocol} port {port.port} is there twice", "one port, one use")
            if port.name in names:
                yield document.problem(place, f"two ports are named {port.name}", "give each its own name")
            listens.add((port.port, port.protocol))
            names.add(port.name)
        if file.peers and PEER_PORT not in names:
            hint = f"name the port that peers use {PEER_PORT}"
            yield document.problem(("networks", name, "ports"), f"peers have no port on {name}", hint)
