"""The presets do what they say: a fleet is placed under them, and breaks none."""

from collections import Counter

from orchestrator.model.catalogue import Catalogue
from orchestrator.model.fleet import Fleet
from orchestrator.model.plan import Plan
from orchestrator.model.rule import Rule
from orchestrator.placement.place import compute_plan
from orchestrator.spec.include import load_preset
from tests.unit.placement.fleets import make_account, make_catalogue, make_fleet, make_group, make_type, make_zone

EXECUTION = ("geth", "besu", "reth", "nethermind")
CONSENSUS = ("lighthouse", "teku", "prysm", "nimbus")


def build_fleet(*presets: str, chain: str = "ethereum", clients: int = 4) -> Fleet:
    rules: list[Rule] = [rule for name in presets for rule in load_preset(name).policy]
    choices = {"execution": EXECUTION[:clients], "consensus": CONSENSUS[:clients]}
    accounts = [make_account(name) for name in ("fi", "de", "us")]
    return make_fleet(accounts, [make_group("eth", 12, chain=chain, clients=choices)], rules)


def build_catalogue() -> Catalogue:
    places = {"fi": "EU", "de": "EU", "us": "US"}
    zones = [make_zone(name, jurisdiction=whose, asn=f"6450{i}") for i, (name, whose) in enumerate(places.items())]
    types = [make_type(name, price=price) for name, price in (("fi", "20"), ("de", "10"), ("us", "5"))]
    return make_catalogue(zones, types)


def place(fleet: Fleet) -> Plan:
    return compute_plan(fleet, build_catalogue(), {})


def test_no_client_has_a_third() -> None:
    plan = place(build_fleet("ethereum-client-diversity"))
    assert plan.holds
    for role in ("execution", "consensus"):
        assert max(Counter(planned.machine.clients[role] for planned in plan.machines).values()) == 3


def test_with_three_clients_the_repair_is_the_third_and_a_little() -> None:
    plan = place(build_fleet("ethereum-client-diversity", clients=3))
    assert plan.status == "infeasible"
    assert [(finding.source.file, finding.rule) for finding in plan.conflict] == [
        ("presets/ethereum-client-diversity.yaml", "below")
    ]
    assert [(repair.change, repair.to, repair.clears) for repair in plan.repairs] == [("below", "33.34%", "conflict")]


def test_data_stays_in_the_union_and_half_of_it_survives_though_that_costs_more() -> None:
    plan = place(build_fleet("eu-data-residency", "survive-any-provider"))
    assert plan.holds
    assert Counter(planned.machine.provider for planned in plan.machines) == {"fi": 6, "de": 6}


def test_what_the_foundation_asks_of_a_network_is_a_warning_to_a_fleet() -> None:
    plan = place(build_fleet("solana-delegation-criteria", chain="solana"))
    assert plan.status == "optimal"
    warned = [finding for finding in plan.findings if finding.level == "warning"]
    assert {finding.rule for finding in warned} >= {"below", "cap", "facts"}  # three networks, no building known
    assert plan.holds
