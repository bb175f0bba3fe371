"""The client catalogue: one YAML file a blockchain client, read into what the core needs of it."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from orchestrator.documents.text_file import invalid
from orchestrator.documents.yaml_document import YamlDocument, read_yaml
from orchestrator.model.client import PEER_PORT, ClientFacts, ClientFile
from orchestrator.model.errors import InvalidDocument, OrchestratorError
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
    if problems:
        raise InvalidDocument(problems)
    return clients


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
