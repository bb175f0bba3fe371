"""What losses take, against counting by hand; and which rules a loss breaks."""

from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalog.inventory import ListedPlace
from orchestrator.model.domain import Domain
from orchestrator.model.failure_domain import DOMAIN_KINDS
from orchestrator.model.inventory import InventoryRow, StandingNode
from orchestrator.model.lock import LockHeader
from orchestrator.model.source import Source
from orchestrator.placement.candidates import compute_lock_situation
from orchestrator.placement.place import compute_plan
from orchestrator.reconcile.blast_radius import compute_blast_radii, compute_scenario, compute_worst_pairs, list_domains
from orchestrator.reconcile.distribution import compute_distributions
from orchestrator.reconcile.standing import Standing, compute_inventory_standing, compute_lock_standing
from tests.unit.placement.fleets import make_account, make_flat_catalogue, make_fleet, make_group, make_lock, make_rule

PATH = "rules.yaml"


def make_node(name: str, **fields: Any) -> StandingNode:
    own = {"chain", "group", "clients", "stake"}
    row = {"name": name, "provider": "p", **{key: value for key, value in fields.items() if key not in own}}
    return StandingNode(
        node=name,
        group=fields.get("group", "g"),
        chain=fields.get("chain", "c"),
        network="n",
        place=ListedPlace(InventoryRow.model_validate(row), ()),
        source=Source("inventory.csv", 2),
        clients=fields.get("clients", {}),
        stake=Decimal(fields.get("stake", 1)),
    )


def stand(*nodes: StandingNode, policy: tuple[Any, ...] = ()) -> Standing:
    return compute_inventory_standing("test", nodes, policy, PATH)


@st.composite
def random_nodes(draw: st.DrawFn) -> list[StandingNode]:
    nodes = []
    for index in range(draw(st.integers(1, 12))):
        group = draw(st.sampled_from(["a", "b", "c"]))
        nodes.append(
            make_node(
                f"n{index}",
                group=group,
                chain="x" if group == "a" else "y",
                stake=3 if group == "b" else 1,
                provider=draw(st.sampled_from(["p", "q"])),
                region=draw(st.sampled_from(["r1", "r2", None])),
                country=draw(st.sampled_from(["DE", "FI", "SE", None])),
                clients=draw(st.sampled_from([{}, {"e": "geth"}, {"e": "besu", "v": "z"}])),
            )
        )
    return nodes


def get_plain_domain(node: StandingNode, kind: str) -> str | None:
    """The domain by the row's own words, without any code of the project."""
    row = node.place.row  # type: ignore[attr-defined]
    if kind.startswith("client."):
        return node.clients.get(kind[len("client.") :])
    if kind == "region":
        return f"{row.provider}/{row.region}" if row.region else None
    if kind in ("provider", "operator"):
        return str(row.provider)
    return row.country if kind == "country" else None


@given(random_nodes())
def test_counts_are_those_of_brute_force(nodes: list[StandingNode]) -> None:
    radii = compute_blast_radii(stand(*nodes))
    kinds = ("provider", "operator", "region", "country", "client.e", "client.v")
    expected = {
        (kind, domain)
        for kind in kinds
        for domain in {get_plain_domain(node, kind) for node in nodes}
        if domain is not None
    }
    assert {(radius.domains[0].kind, radius.domains[0].value) for radius in radii} == expected
    for radius in radii:
        [domain] = radius.domains
        lost = {node.node for node in nodes if get_plain_domain(node, domain.kind) == domain.value}
        assert set(radius.nodes) == lost
        for toll in radius.tolls:
            word, _, name = toll.subject.partition(" ")
            members = [node for node in nodes if word == "fleet" or getattr(node, word) == name]
            hit = [node for node in members if node.node in lost]
            assert (toll.lost, toll.nodes) == (len(hit), len(members))
            share = Fraction(sum(node.stake for node in hit)) / Fraction(sum(node.stake for node in members))
            assert toll.stake_share == (share if len({node.chain for node in members}) == 1 else None)
        for group in {node.group for node in nodes if node.node in lost}:
            chain = next(node.chain for node in nodes if node.group == group)
            assert {f"group {group}", f"chain {chain}", "fleet"} & {toll.subject for toll in radius.tolls}


@given(random_nodes())
def test_the_worst_comes_first(nodes: list[StandingNode]) -> None:
    radii = compute_blast_radii(stand(*nodes))
    ranks = [(radius.worst_share, len(radius.nodes)) for radius in radii]
    assert ranks == sorted(ranks, reverse=True)


@given(random_nodes(), st.data())
def test_a_scenario_takes_what_any_of_its_domains_takes(nodes: list[StandingNode], data: st.DataObject) -> None:
    standing = stand(*nodes)
    alone = {radius.domains[0]: set(radius.nodes) for radius in compute_blast_radii(standing)}
    lost = data.draw(st.lists(st.sampled_from(sorted(alone, key=str)), min_size=1, max_size=3))
    assert set(compute_scenario(standing, lost).nodes) == set().union(*(alone[domain] for domain in lost))


@given(random_nodes())
def test_no_pair_of_a_kind_is_worse_than_the_one_shown(nodes: list[StandingNode]) -> None:
    standing = stand(*nodes)
    shown = {radius.domains[0].kind: radius for radius in compute_worst_pairs(standing)}
    for kind in standing.kinds:
        domains = [domain for domain in list_domains(standing) if domain.kind == kind]
        assert (kind in shown) == (len(domains) > 2)
        for pair in combinations(domains, 2) if kind in shown else ():
            other = compute_scenario(standing, pair)
            assert (other.worst_share, len(other.nodes)) <= (shown[kind].worst_share, len(shown[kind].nodes))


@given(random_nodes())
def test_distributions_count_every_node_once(nodes: list[StandingNode]) -> None:
    for each in compute_distributions(stand(*nodes)):
        assert sum(one.nodes for one in each.domains) + each.unknown == each.nodes
        if each.kind in DOMAIN_KINDS and each.subject == "fleet":
            assert each.nodes == len(nodes)
        assert [one.nodes for one in each.domains] == sorted((one.nodes for one in each.domains), reverse=True)


def test_a_loss_breaks_the_rules_that_held_before_and_no_longer_do() -> None:
    policy = (make_rule(1, min_domains=2, per="country"), make_rule(2, min_domains=3, per="country"))
    standing = stand(make_node("a", country="DE"), make_node("b", country="FI"), policy=policy)
    scenario = compute_scenario(standing, [Domain(kind="country", value="DE")])
    assert [finding.source.line for finding in scenario.broken] == [1]  # the other was broken before


def test_a_lost_domain_is_no_longer_eligible() -> None:
    policy = (make_rule(1, skew=1, per="country"),)
    nodes = [make_node(f"n{index}", country=country) for index, country in enumerate(["DE", "DE", "FI", "FI"])]
    standing = stand(*nodes, policy=policy)
    assert compute_scenario(standing, [Domain(kind="country", value="DE")]).broken == ()


def test_the_loss_of_a_client_closes_no_place() -> None:
    policy = (make_rule(1, skew=0, per="country"),)
    nodes = [make_node("a", country="DE", clients={"e": "geth"}), make_node("b", country="FI", clients={"e": "besu"})]
    scenario = compute_scenario(stand(*nodes, policy=policy), [Domain(kind="client.e", value="geth")])
    assert [finding.source.line for finding in scenario.broken] == [1]


def test_a_lock_s_nodes_stand_where_the_catalogue_says() -> None:
    catalogue = make_flat_catalogue({"de": "10", "fi": "10"})
    fleet = make_fleet(
        [make_account("de"), make_account("fi")], [make_group(count=5)], [make_rule(1, skew=1, per="account")]
    )
    lock = make_lock(compute_plan(fleet, catalogue, {}))
    standing = compute_lock_standing(compute_lock_situation(fleet, lock, catalogue), lock)
    found = {str(radius.domains[0]): len(radius.nodes) for radius in compute_blast_radii(standing)}
    assert sorted((found["account=de"], found["account=fi"])) == [2, 3]
    assert found["country=DE"] == found["account=de"]
    assert found["client.node=btcd"] == 5
    assert isinstance(lock.header, LockHeader)
