"""import: what runs already becomes spec, lock and hosts file, and nothing moves; else nothing is written."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings

from orchestrator.adapters.pins import read_pins
from orchestrator.lockfile import read_lock
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.spec import load_fleet
from orchestrator.workflows import adopt
from orchestrator.workflows.adopt import Import, import_inventory
from orchestrator.workflows.inputs import Where, read_inputs
from orchestrator.workflows.place import place
from tests.unit.inventories import CATALOG, HOST_KEY, importable_rows, make_cloud_row, make_host_row, write_inventory
from tests.unit.reconcile.reviews import review


def run_import(folder: Path, rows: list[dict[str, Any]]) -> tuple[Import, Where]:
    where = Where(folder / "fleet.yaml", catalog_only=CATALOG)
    return import_inventory(write_inventory(folder, rows), "imported", where), where


@pytest.mark.slow
@given(importable_rows())
@settings(max_examples=15, deadline=None)
def test_place_right_after_an_import_changes_nothing(rows: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as folder:
        done, where = run_import(Path(folder), rows)
        inputs = read_inputs(where)
        placement = place(inputs)
        assert placement.plan.status == "optimal"
        assert placement.plan.relocations == 0
        assert [planned.change for planned in placement.plan.machines] == ["keep"] * len(rows)
        assert placement.lock == inputs.lock == done.lock == read_lock(where.lock_path)
        assert review(inputs.fleet, done.lock, inputs.catalogue) == ()
        assert sorted(done.names) == sorted(row["name"] for row in rows)
        for row in rows:
            [machine] = [each for each in done.lock.machines if each.machine == done.names[row["name"]]]
            assert (machine.group, machine.region, machine.zone) == (row["group"], row["region"], row["zone"])
            assert machine.host == (row["name"] if row["provider"] == "ssh" else None)
            assert (machine.node == row["name"]) == row["name"].startswith(f"{row['group']}-")


def test_the_policy_is_the_tightest_that_holds(tmp_path: Path) -> None:
    accounts = ["a", "a", "b", "b", "c", "d"]
    rows = [make_cloud_row(f"m{index}", 2 + index % 2, account=name) for index, name in enumerate(accounts)]
    _, where = run_import(tmp_path, rows)
    rules = {rule.kinds: rule.describe() for rule in load_fleet(where.spec).policy}
    assert rules == {("account",): "cap 34% per account", ("zone",): "cap 50% per zone"}
    text = where.spec.read_text()
    assert "# - {cap: 67%, per: operator}  # does not hold: bitcoin, operator umbrella: 6 nodes" in text
    assert "# - {cap: 67%, per: asn}  # does not hold: bitcoin: 6 nodes stand where the asn is unknown" in text


def test_several_accounts_of_hosts_have_a_file_each(tmp_path: Path) -> None:
    other = {"operator": "other", "account": "attic", "region": "home", "zone": "attic"}
    done, where = run_import(tmp_path, [make_host_row("rack"), make_host_row("shelf", **other)])
    assert [path.name for path in done.files] == ["fleet.yaml", "fleet.lock", "hosts-attic.yaml", "hosts-metal.yaml"]
    assert {account.name: account.hosts[0].operator for account in load_fleet(where.spec).accounts} == {
        "attic": "other",
        "metal": "example-colo",
    }


def test_without_any_rule_that_holds_there_is_no_policy(tmp_path: Path) -> None:
    _, where = run_import(tmp_path, [make_cloud_row("m")])
    assert load_fleet(where.spec).policy == ()
    assert "# policy:\n  # - {cap: 67%, per: operator}" in where.spec.read_text()


def test_ids_and_host_keys_of_clouds_are_kept(tmp_path: Path) -> None:
    known = make_cloud_row("a", id="4711", volume_gib=100, volume_type="disk", volume_id="12", host_key=HOST_KEY)
    done, _ = run_import(tmp_path, [known, make_cloud_row("b", 2), make_host_row("c")])
    existing = [machine.existing for machine in done.lock.machines]
    assert existing == [{"machine": "4711", "volume": "12"}, {}, None]
    assert read_pins(tmp_path / "fleet.hostkeys.json") == {"bitcoin-1.1": (HOST_KEY,)}


@pytest.mark.parametrize("there", ["fleet.yaml", "fleet.lock", "hosts.yaml"])
def test_nothing_that_is_there_is_written_over(there: str, tmp_path: Path) -> None:
    (tmp_path / there).write_text("mine")
    with pytest.raises(InvalidDocument, match=f"{there} is there already"):
        run_import(tmp_path, [make_host_row("rack")])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([there, "inventory.csv"])
    assert (tmp_path / there).read_text() == "mine"


def test_a_file_that_appears_meanwhile_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verify = adopt.write_verified_lock

    def write_and_disturb(*arguments: Any) -> Any:
        lock = verify(*arguments)
        (tmp_path / "hosts.yaml").write_text("theirs")
        return lock

    monkeypatch.setattr(adopt, "write_verified_lock", write_and_disturb)
    with pytest.raises(FileExistsError):
        run_import(tmp_path, [make_host_row("rack")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hosts.yaml", "inventory.csv"]
    assert (tmp_path / "hosts.yaml").read_text() == "theirs"


SPARE: dict[str, Any] = {"group": "btc"}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([make_cloud_row("m", machine_type="")], r"csv:2:19: m: column machine_type is empty \(fill it in"),
        ([make_cloud_row("m", machine_type="smal")], r"north has no machine type smal \(did you mean small\?\)"),
        ([make_cloud_row("m", region="")], "column region is empty"),
        ([make_cloud_row("m", region="nrth", zone="")], r"acme has no region nrth \(did you mean north\?\)"),
        ([make_cloud_row("m", 2, zone="")], "column zone is empty .*west has several: west-1, west-2"),
        ([make_cloud_row("m", 2, zone="west-9")], r"west has no zone west-9 \(did you mean west-"),
        ([make_cloud_row("m", clients="")], "column clients is empty"),
        ([make_cloud_row("m", clients="btcd")], "'btcd' is no role=client"),
        ([make_cloud_row("m", clients="node=btcd;node=btcd")], "the role node is there twice"),
        ([make_cloud_row("m", clients="node=lighthouse")], "no client lighthouse is known"),
        ([make_cloud_row("m", network="mainet")], r"btcd does not know the network mainet \(did you mean mainnet\?\)"),
        ([make_cloud_row("m", group="Bad Group")], "'Bad Group' is no name"),
        ([make_host_row("Rack 1")], "'Rack 1' is no name.*another one in the column name"),
        ([make_host_row("rack", host_key="nonsense")], "host_key is no public SSH key"),
        ([make_host_row("rack", address="300.1.2.3")], "'300.1.2.3' is neither an IP address nor a host name"),
        ([make_host_row("rack", user="a b")], "'a b' is no login name"),
        ([make_host_row("a"), make_host_row("b", address="A.example.com")], "b has the address of a"),
        ([make_host_row("rack", operator="")], "column operator is empty"),
        ([make_host_row("rack", vcpus="")], "column vcpus is empty"),
        ([make_host_row("rack", vcpus="four")], "column vcpus is 'four', not a whole number"),
        (
            [make_host_row("a"), make_host_row("b", country="NL"), make_host_row("c", country="DE")],
            "zone cage-7: country",
        ),
        ([make_cloud_row("a"), make_cloud_row("b", stake=2)], "b: stake is 2, and 1 for a of the same group"),
        ([make_cloud_row("a", **SPARE), make_cloud_row("b", **SPARE, network="mainnet")], "b: network is mainnet, and"),
        (
            [make_cloud_row("a", account="x"), make_cloud_row("b", 2, account="x")],
            "account x is umbrella here, and acme",
        ),
        ([make_cloud_row("a", country="DE")], "a: country is DE, and the catalogue says FI of acme/north/north-1"),
        ([make_cloud_row("a"), make_cloud_row("a")], "repeats the row of line 2"),
    ],
)
def test_rows_that_say_too_little_are_named_and_nothing_is_written(
    rows: list[dict[str, Any]], words: str, tmp_path: Path
) -> None:
    with pytest.raises(OrchestratorError, match=words):
        run_import(tmp_path, rows)
    assert [path.name for path in tmp_path.iterdir()] == ["inventory.csv"]


AMAZON = make_cloud_row("m", provider="aws", region="us-east-1", zone="us-east-1a", machine_type="t3.large")


def import_from_amazon(folder: Path, **ids: str) -> Import:
    row = AMAZON | {"account": "prod", "volume_gib": 100, "volume_type": "gp3"} | ids
    return import_inventory(write_inventory(folder, [row]), "imported", Where(folder / "fleet.yaml"))


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ({"id": "i-0abc"}, r"csv:2:\d+: m: i-0abc does not say its region \(write i-0abc@us-east-1\)"),
        ({"id": "i-0abc@"}, r"i-0abc@ does not say its region \(write i-0abc@us-east-1\)"),
        ({"id": "i-0abc@us-east-1", "volume_id": "vol-1"}, r"vol-1 does not say its region \(write vol-1@us-east-1\)"),
        (
            {"volume_id": "vol-1@eu-west-1"},
            r"vol-1@eu-west-1 is in eu-west-1, and the row in us-east-1 \(write vol-1@us",
        ),
    ],
)
def test_an_id_at_aws_says_its_region(ids: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match=words) as failure:
        import_from_amazon(tmp_path, **ids)
    assert len(failure.value.problems) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["inventory.csv"]


def test_an_id_at_aws_is_kept_as_pulumi_takes_it(tmp_path: Path) -> None:
    done = import_from_amazon(tmp_path, id="i-0abc@us-east-1", volume_id="vol-1@us-east-1")
    (machine,) = done.lock.machines
    assert machine.existing == {"machine": "i-0abc@us-east-1", "volume": "vol-1@us-east-1"}


def test_every_row_with_a_problem_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument) as failure:
        run_import(tmp_path, [make_cloud_row("a", chain=""), make_cloud_row("b"), make_host_row("c", zone="")])
    assert [problem.message.split(":")[0] for problem in failure.value.problems] == ["a", "c"]
