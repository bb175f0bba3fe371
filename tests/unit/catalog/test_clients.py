"""Client files: what the core takes of them, and errors at their line."""

from pathlib import Path

import pytest

from orchestrator.catalog.clients import is_production, load_clients
from orchestrator.folders import find_asset
from orchestrator.model.client import Port
from orchestrator.model.errors import InvalidDocument

SAMPLE = Path(__file__).parent / "clients" / "samplecoin.yml"


def load_changed(folder: Path, old: str, new: str) -> list[str]:
    text = SAMPLE.read_text(encoding="utf-8")
    assert old in text
    (folder / SAMPLE.name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InvalidDocument) as caught:
        load_clients(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_a_client_is_what_the_core_needs_of_its_file() -> None:
    (client,) = load_clients(SAMPLE.parent).values()
    assert (client.name, client.chain, client.role, client.signs) == ("samplecoin", "sample", "node", True)
    assert client.version == "1.10"
    assert client.ports["regtest"] == ()
    assert client.ports["mainnet"][1] == Port(name="p2p-discovery", port=1000, protocol="udp", open="world")
    assert str(client.source) == f"{SAMPLE}:2:1"


def test_a_network_is_production_unless_all_who_know_it_say_otherwise(tmp_path: Path) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    tested = text.replace("  regtest:\n", "  regtest:\n    production: false\n")
    assert tested != text
    (tmp_path / SAMPLE.name).write_text(tested, encoding="utf-8")
    clients = load_clients(tmp_path)
    networks = (("sample", "mainnet"), ("sample", "regtest"), ("sample", "unheard-of"), ("other", "regtest"))
    assert [is_production(*each, clients) for each in networks] == [True, False, True, True]
    (tmp_path / "another.yml").write_text(text.replace("client: samplecoin", "client: another"), encoding="utf-8")
    with pytest.raises(InvalidDocument, match="disagree on whether sample regtest is production"):
        load_clients(tmp_path)


def test_the_projects_main_networks_alone_are_production() -> None:
    clients = load_clients(find_asset("ansible") / "clients")
    known = {(client.chain, network) for client in clients.values() for network in client.ports}
    production = {each for each in known if is_production(*each, clients)}
    assert production == {
        ("bitcoin", "mainnet"),
        ("ethereum", "mainnet"),
    }


def test_the_projects_own_clients_load() -> None:
    clients = load_clients(find_asset("ansible") / "clients")
    assert clients["btcd"].chain == "bitcoin"
    assert not clients["btcd"].signs
    assert all(name == client.name for name, client in clients.items())


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("health:", "helth:", "samplecoin.yml:20:1: unknown key helth (did you mean health?)"),
        ("role: node\n", "", "role is missing"),
        ("signs: true", "signs: perhaps", "samplecoin.yml:5:8: signs: "),
        ('version: "1.10"', "version: 1.10", "samplecoin.yml:6:10: version: "),
        ("open: loopback", "open: wrold", "is not known here"),
        ("port: 1001", "port: 70000", "samplecoin.yml:14:"),
        ("port: 1001", "port: 1000", "samplecoin.yml:14:9: tcp port 1000 is there twice"),
        ("name: rpc", "name: p2p", "samplecoin.yml:14:9: two ports are named p2p"),
        (
            "client: samplecoin",
            "client: othercoin",
            "samplecoin.yml:2:9: the client othercoin is described in samplecoin.yml",
        ),
        ("client: samplecoin", "client: ../evil", "samplecoin.yml:2:9: client: "),
        ("networks:", "networks: {}\nunit:", "networks"),
        ("health:", 'peers: {address: "{host}:{port}"}\nhealth:', "{host} is filled in by nothing"),
        ("health:", "peers: {argument: --peer=}\nhealth:", "samplecoin.yml:17:12: peers have no port on regtest"),
    ],
)
def test_a_bad_file_is_an_error_at_its_line(tmp_path: Path, old: str, new: str, error: str) -> None:
    assert any(error in message for message in load_changed(tmp_path, old, new))


def test_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    for name in ("one", "two"):
        (tmp_path / f"{name}.yml").write_text(text, encoding="utf-8")
    (tmp_path / "three.yaml").touch()
    (tmp_path / "README.md").touch()
    with pytest.raises(InvalidDocument) as caught:
        load_clients(tmp_path)
    assert [problem.hint for problem in caught.value.problems] == [
        "name the file samplecoin.yml",
        "rename it three.yml",
        "name the file samplecoin.yml",
    ]


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match="does not exist"):
        load_clients(tmp_path / "nowhere")
