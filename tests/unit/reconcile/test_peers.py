"""Whom a machine is peered with: few, everywhere, and seldom others."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.lock import Machine
from orchestrator.reconcile.peers import PEERS, choose_peers
from tests.unit.machines import make_machine

FLEET = [make_machine(f"btc-{number}.1", f"account-{number % 4}") for number in range(1, 41)]


def list_ids(machines: tuple[Machine, ...]) -> list[str]:
    return [machine.machine for machine in machines]


fleets = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from("abcdefghij")),
    unique_by=lambda pair: pair[0],
    min_size=1,
    max_size=40,
).map(lambda pairs: [make_machine(f"btc-{number}.1", account) for number, account in pairs])


@given(fleets, st.data())
def test_peers_are_few_and_of_every_account(machines: list[Machine], data: st.DataObject) -> None:
    machine = data.draw(st.sampled_from(machines))
    peers = choose_peers(machine, "node", machines)
    others = [other for other in machines if other != machine]
    assert PEERS == 8
    assert len(peers) == min(PEERS, len(others))
    assert len(set(list_ids(peers))) == len(peers)
    assert machine not in peers
    accounts = {other.account for other in others}
    assert len({peer.account for peer in peers}) == min(len(accounts), PEERS)


@given(fleets, st.data())
def test_the_order_in_which_machines_are_listed_says_nothing(machines: list[Machine], data: st.DataObject) -> None:
    machine = data.draw(st.sampled_from(machines))
    assert choose_peers(machine, "node", data.draw(st.permutations(machines))) == choose_peers(
        machine, "node", machines
    )


def test_another_chain_network_role_or_machine_of_the_same_node_is_no_peer() -> None:
    machine = make_machine("btc-1.1")
    others = [
        make_machine("btc-1.2"),
        make_machine("eth-1.1", chain="ethereum"),
        make_machine("btc-4.1", clients={"miner": "x"}),
        make_machine("btc-2.1", network="mainnet"),
        make_machine("btc-3.1"),
    ]
    assert list_ids(choose_peers(machine, "node", [machine, *others])) == ["btc-3.1"]
    assert choose_peers(machine, "node", [machine]) == ()


def test_groups_of_one_network_are_peered() -> None:
    machine, other = make_machine("eth-1.1"), make_machine("eth-validators-1.1")
    assert list_ids(choose_peers(machine, "node", [machine, other])) == ["eth-validators-1.1"]


def test_one_machine_less_changes_the_peers_of_those_alone_that_had_it() -> None:
    gone = FLEET[7]
    left = [machine for machine in FLEET if machine != gone]
    changed = 0
    for machine in left:
        before, after = (
            set(list_ids(choose_peers(machine, "node", FLEET))),
            set(list_ids(choose_peers(machine, "node", left))),
        )
        assert (gone.machine in before) == (before != after)
        assert len(before - after) <= 1
        changed += before != after
    assert changed <= 2 * PEERS  # eight of forty name it, on average


def test_peers_spread_so_that_nobody_is_everyones() -> None:
    named = [peer.machine for machine in FLEET for peer in choose_peers(machine, "node", FLEET)]
    assert max(named.count(machine.machine) for machine in FLEET) <= 3 * PEERS
    assert len(set(named)) >= len(FLEET) * 3 // 4


def test_peers_are_the_same_on_every_computer() -> None:
    """Fixed once: another answer would restart every client of every fleet that is upgraded."""
    assert list_ids(choose_peers(FLEET[0], "node", FLEET))[:3] == ["btc-37.1", "btc-27.1", "btc-26.1"]
