"""A rehearsed account's memory: ids, names, files."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator.rehearsal.cloud import FIRST_ID, CloudAccount


@pytest.fixture
def account(tmp_path: Path) -> CloudAccount:
    (tmp_path / "accounts" / "alpha").mkdir(parents=True)
    return CloudAccount(tmp_path / "accounts" / "alpha")


def test_resources_are_kept_found_and_forgotten(account: CloudAccount, tmp_path: Path) -> None:
    account.put_resource("server", "1001", {"name": "a", "n": 1})
    again = CloudAccount(tmp_path / "accounts" / "alpha")  # another process
    assert again.find_resource("server", "1001") == {"name": "a", "n": 1}
    assert again.find_resource("volume", "1001") is None
    again.remove_resource("server", "1001")
    again.remove_resource("server", "1001")
    assert account.list_resources("server") == {}


def test_resources_are_listed_by_number(account: CloudAccount) -> None:
    for identifier in ("1010", "999", "1002"):
        account.put_resource("server", identifier, {})
    assert list(account.list_resources("server")) == ["999", "1002", "1010"]


def test_no_two_accounts_ever_give_one_id(account: CloudAccount, tmp_path: Path) -> None:
    (tmp_path / "accounts" / "beta").mkdir()
    both = [account, CloudAccount(tmp_path / "accounts" / "beta")]
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda number: both[number % 2].take_id(), range(40)))
    assert sorted(map(int, taken)) == list(range(FIRST_ID, FIRST_ID + 40))
