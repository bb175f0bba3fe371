"""What every command starts from: spec, catalogue, clients and lock, held against each other."""

from pathlib import Path

import pytest

from orchestrator.model.client import ClientFacts
from orchestrator.model.errors import InvalidDocument
from orchestrator.workflows.inputs import Where, find_unknown_clients, read_inputs
from tests.unit.placement.fleets import at, make_account, make_fleet, make_group
from tests.unit.specs import HOSTS, SPEC, change, write_spec


def complain(folder: Path, text: str) -> str:
    with pytest.raises(InvalidDocument) as caught:
        read_inputs(Where(write_spec(folder, text, HOSTS)))
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[fsn1]", "[fsn2]", "4:40: hetzner has no region fsn2 in the catalogue (account alpha) (did you mean fsn1?)"),
        (
            "[fsn1]",
            "[fsn1, hel2]",
            "4:46: hetzner has no region hel2 in the catalogue (account alpha) (did you mean hel1",
        ),
        ("alpha: {provider: hetzner", "alpha: {provider: hetznr", "4:3: the catalogue has no provider hetznr"),
        ("[btcd]", "[bitcoind2]", "8:3: groups.btc: no client bitcoind2 is known"),
        ("{node: [btcd]}", "{validator: [btcd]}", "8:3: groups.btc: btcd is a bitcoin node, not a bitcoin validator"),
        ("chain: bitcoin", "chain: litecoin", "8:3: groups.btc: btcd is a bitcoin node, not a litecoin node"),
        ("regtest", "regtes", "8:3: groups.btc: btcd does not know the network regtes (did you mean regtest?)"),
    ],
)
def test_what_nobody_knows_is_refused_at_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert f"{tmp_path / 'fleet.yaml'}:{message}" in complain(tmp_path, change(SPEC, old, new))


def test_all_that_is_unknown_is_said_at_once(tmp_path: Path) -> None:
    text = change(change(SPEC, "[fsn1]", "[fsn2]"), "[btcd]", "[btdc, btcdd]")
    assert len(complain(tmp_path, text).splitlines()) == 3


def test_an_alias_of_a_provider_is_its_own_name_everywhere(tmp_path: Path) -> None:
    inputs = read_inputs(Where(write_spec(tmp_path, SPEC.replace("provider: hetzner", "provider: hcloud"))))
    assert {account.provider for account in inputs.fleet.accounts} == {"hetzner"}
    assert {zone.region for zone in inputs.catalogue.zones} == {"fsn1", "hel1"}


def test_enrolled_hosts_are_facts_like_any_other(tmp_path: Path) -> None:
    text = change(SPEC, "groups:\n", "  metal: {provider: ssh, hosts: hosts.yaml}\ngroups:\n")
    inputs = read_inputs(Where(write_spec(tmp_path, text, HOSTS)))
    assert [kind.name for kind in inputs.catalogue.machine_types if kind.provider == "ssh"] == ["metal-1"]
    assert ("ssh", "cage-7") in {(zone.provider, zone.zone) for zone in inputs.catalogue.zones}


def test_the_lock_is_beside_the_spec_unless_it_is_named(tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    assert Where(spec).lock_path == tmp_path / "fleet.lock"
    assert Where(spec, tmp_path / "x").lock_path == tmp_path / "x"
    assert read_inputs(Where(spec)).lock is None


def test_combinations_of_which_none_is_to_be_had_are_refused() -> None:
    """Each role has a client for arm64, and no combination has two."""

    def describe(name: str, role: str, *arches: str) -> ClientFacts:
        release = {"release": {"arch_names": {arch: arch for arch in arches}}}
        facts = {"name": name, "chain": "ethereum", "role": role, "signs": False, "version": "1", "source": at(1)}
        return ClientFacts.model_validate({**facts, "ports": {"regtest": ()}, "artifacts": release})

    known = [describe("geth", "execution", "amd64", "arm64"), describe("besu", "execution", "amd64")]
    known += [describe("prysm", "consensus", "amd64", "arm64"), describe("teku", "consensus", "amd64")]
    clients = {facts.name: facts for facts in known}
    pairs = [{"execution": "geth", "consensus": "teku"}, {"execution": "besu", "consensus": "prysm"}]

    def complain_about(*combinations: dict[str, str]) -> list[str]:
        offered = {"execution": ("geth", "besu"), "consensus": ("prysm", "teku")}
        group = make_group("eth", chain="ethereum", clients=offered, combinations=combinations)
        need = group.machine.model_copy(update={"arch": "arm64"})
        fleet = make_fleet([make_account("a")], [group.model_copy(update={"machine": need})])
        return [str(problem) for problem in find_unknown_clients(fleet, clients)]

    (problem,) = complain_about(*pairs)
    assert "groups.eth: none of its combinations is to be had for arm64 machines" in problem
    assert not complain_about(*pairs, {"execution": "geth", "consensus": "prysm"})
    assert not complain_about()


def test_groups_sign_where_any_of_their_clients_may(tmp_path: Path) -> None:
    inputs = read_inputs(Where(write_spec(tmp_path)))
    assert inputs.signing_groups == frozenset()
    signer = inputs.clients["btcd"].model_copy(update={"signs": True})
    signing = type(inputs)(inputs.where, inputs.fleet, inputs.catalogue, {"btcd": signer}, None)
    assert signing.signing_groups == {"btc"}


def test_prices_are_no_part_of_the_facts_digest(tmp_path: Path) -> None:
    inputs = read_inputs(Where(write_spec(tmp_path)))
    dearer = [kind.model_copy(update={"usd_per_month": None}) for kind in inputs.catalogue.machine_types]
    catalogue = inputs.catalogue.model_copy(update={"machine_types": tuple(dearer)})
    other = type(inputs)(inputs.where, inputs.fleet, catalogue, inputs.clients, None)
    assert other.facts_digest == inputs.facts_digest


def test_standby_nodes_run_no_client_that_signs(tmp_path: Path) -> None:
    text = change(SPEC, "chain: bitcoin\n    network: regtest", "chain: ethereum\n    network: dev")
    clients = "{execution: [geth], consensus: [prysm], validator: [prysm-validator]}"
    text = change(change(text, "{node: [btcd]}", clients), "count: 4", "count: 4\n    standby: {count: 1}")
    inputs = read_inputs(Where(write_spec(tmp_path, text)))
    own, spare = inputs.fleet.groups
    assert sorted(own.clients) == ["consensus", "execution", "validator"]
    assert sorted(spare.clients) == ["consensus", "execution"]
    assert inputs.signing_groups == {"btc"}


def test_standby_nodes_that_would_run_nothing_are_refused(tmp_path: Path) -> None:
    text = change(SPEC, "chain: bitcoin\n    network: regtest", "chain: ethereum\n    network: dev")
    text = change(
        change(text, "{node: [btcd]}", "{validator: [prysm-validator]}"),
        "count: 4",
        "count: 4\n    standby: {count: 1}",
    )
    assert "groups.btc: every role signs" in complain(tmp_path, text)
