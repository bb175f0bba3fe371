"""World ids, folders and addresses, without a bridge."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.errors import OrchestratorError, RemoteFailure
from orchestrator.rehearsal.stored import write_value
from orchestrator.rehearsal.world import (
    Addresses,
    World,
    allocate_address,
    choose_address,
    compute_bridge,
    compute_world_id,
    create_world,
    find_worlds_folder,
    get_volume_folder,
    list_world_ids,
    list_worlds,
    open_world,
    share_world,
)

SUBNET = IPv4Network("10.213.9.0/29")  # six hosts, one of them the host itself


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def world() -> World:
    folder = find_worlds_folder() / "0123abcd"
    made = World(id="0123abcd", folder=folder, fleet="f", spec_path=Path("/f"), subnet=IPv4Network("10.213.9.0/24"))
    made.machines_folder.mkdir(parents=True)
    write_value(folder / "world.json", made)
    return made


def test_ids_differ_with_fleet_spec_and_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compute_world_id("a", Path("/x/fleet.yaml"))
    assert first == compute_world_id("a", Path("/x/fleet.yaml"))
    assert len(compute_bridge(first)) <= 15
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    ids = {first, compute_world_id("a", Path("/x/fleet.yaml")), compute_world_id("b", Path("/x/fleet.yaml"))}
    assert len(ids) == 3


def test_worlds_are_found_again(world: World) -> None:
    assert list_worlds() == (world,)
    assert open_world(world.id) == world


def test_a_half_made_world_is_listed_by_its_id(world: World) -> None:
    (world.folder / "world.json").unlink()
    assert list_world_ids() == (world.id,)
    assert list_worlds() == ()
    with pytest.raises(RemoteFailure, match="no rehearsal"):
        open_world(world.id)


def test_a_path_that_overlays_cannot_take_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a b"))
    with pytest.raises(OrchestratorError, match="XDG_STATE_HOME"):
        create_world("f", Path("/f"))


def test_a_removed_world_cannot_be_worked_in(world: World) -> None:
    (world.folder / "world.json").unlink()
    world.machines_folder.rmdir()
    world.folder.rmdir()
    with pytest.raises(RemoteFailure, match="was removed"), share_world(world):
        pytest.fail("unreachable")


def test_an_address_stays_with_its_name(world: World) -> None:
    addresses = [allocate_address(world, name) for name in ("a", "b", "a", "c", "b")]
    assert addresses == ["10.213.9.2", "10.213.9.3", "10.213.9.2", "10.213.9.4", "10.213.9.3"]


@given(st.lists(st.sampled_from("abcdefgh"), max_size=12))
def test_addresses_never_collide_and_end_when_all_are_kept(names: list[str]) -> None:
    known = Addresses()
    kept = frozenset("abcdefgh")
    for name in names:
        if len(known.addresses) == 5 and name not in known.addresses:
            with pytest.raises(OrchestratorError, match="at most"):
                choose_address(known, name, SUBNET, kept)
            continue
        chosen = choose_address(known, name, SUBNET, kept)
        assert known.addresses.items() <= chosen.addresses.items()
        assert len(set(chosen.addresses.values())) == len(chosen.addresses)
        assert IPv4Address("10.213.9.1") not in chosen.addresses.values()
        known = chosen


def test_a_full_subnet_reuses_the_oldest_address_of_a_machine_that_is_gone() -> None:
    known = Addresses()
    for name in "abcde":
        known = choose_address(known, name, SUBNET, frozenset())
    after = choose_address(known, "f", SUBNET, frozenset("acde"))
    assert after.addresses["f"] == known.addresses["b"]
    assert "b" not in after.addresses


@pytest.mark.parametrize("volume", ["../x", "", "a/b", "."])
def test_a_volume_id_is_no_path(world: World, volume: str) -> None:
    with pytest.raises(ValueError, match="no volume id"):
        get_volume_folder(world, volume)
