"""The metrics of a standing: subjects, kinds and weights, and what is left out."""

from fractions import Fraction

from orchestrator.reconcile.diversity import Diversity, compute_diversity
from orchestrator.reconcile.standing import Standing
from orchestrator.report.diversity import describe_diversity, render_diversity
from tests.unit.reconcile.test_blast_radius import make_node, stand


def pick(standing: Standing, kind: str, weight: str = "nodes", subject: str = "fleet") -> Diversity:
    wanted = (subject, kind, weight)
    [found] = [each for each in compute_diversity(standing) if (each.subject, each.kind, each.weight) == wanted]
    return found


def test_stake_and_nodes_weigh_apart() -> None:
    standing = stand(make_node("a", country="DE", group="x", stake=3), make_node("b", country="FI", group="y"))
    assert pick(standing, "country").hhi == 5000
    assert pick(standing, "country", "stake").largest_share == Fraction(3, 4)
    assert pick(standing, "country", "stake").largest == "DE"


def test_stake_of_several_chains_and_vcpus_that_nobody_states_are_no_sum() -> None:
    standing = stand(make_node("a", chain="x", group="x"), make_node("b", chain="y", group="y"))
    weights = {(each.subject, each.weight) for each in compute_diversity(standing)}
    assert weights == {("fleet", "nodes"), ("chain x", "nodes"), ("chain x", "stake")} | {
        ("chain y", "nodes"),
        ("chain y", "stake"),
    }


def test_what_is_not_known_is_with_the_largest_and_said_to_be_so() -> None:
    standing = stand(make_node("a", country="DE"), make_node("b", country="FI"), make_node("c"))
    found = pick(standing, "country")
    assert (found.domains, found.largest_share, found.unknown) == (2, Fraction(2, 3), Fraction(1, 3))
    assert "DE 33 % + 33 % unknown" in render_diversity(compute_diversity(standing))


def test_a_node_without_a_role_has_no_part_in_it() -> None:
    standing = stand(make_node("a", clients={"e": "geth"}), make_node("b", clients={"e": "besu"}), make_node("c"))
    found = pick(standing, "client.e")
    assert (found.hhi, found.unknown, found.nakamoto) == (Fraction(5000), Fraction(0), 1)


def test_the_threshold_is_a_parameter_and_is_told() -> None:
    standing = stand(*(make_node(f"n{index}", country=country) for index, country in enumerate(["DE", "FI", "SE"])))
    third, half = compute_diversity(standing), compute_diversity(standing, Fraction(2, 3))
    numbers = [
        next(each["nakamoto"] for each in describe_diversity(found) if each["kind"] == "country")
        for found in (third, half)
    ]
    assert numbers == [2, 3]
    assert "Nakamoto (2/3)" in render_diversity(half)
