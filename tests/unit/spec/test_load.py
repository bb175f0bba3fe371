"""fleet.yaml -> Fleet: every error at its place, and what makes a spec another one."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.errors import InvalidDocument
from orchestrator.model.rule import Cap, Selector
from orchestrator.spec import load_fleet
from tests.unit.specs import HOSTS, SPEC, change, write_spec

METAL = change(SPEC, "groups:\n", "  metal: {provider: ssh, hosts: hosts.yaml}\n\ngroups:\n")
ERRORS = [
    ("fleet: demo\n", "fleet: Demo_1\n", "1:8", "fleet: 'Demo_1' is no name", "write lower-case letters"),
    ("fleet: demo\n", "fleet: -demo\n", "1:8", "fleet: '-demo' is no name", "a letter first"),
    ("fleet: demo\n", "", "1:1", "fleet is missing", "add it"),
    ("fleet: demo\n", "flet: demo\n", "1:1", "unknown key flet", "did you mean fleet?"),
    ("provider: hetzner, regions: [fsn1]", "provder: hetzner", "4:3", "accounts.alpha.provider is missing", "add it"),
    ("regions: [fsn1]", "regins: [fsn1]", "4:30", "unknown key accounts.alpha.regins", "did you mean regions?"),
    (
        "regions: [fsn1]",
        "regions: fsn1",
        "4:39",
        "accounts.alpha.regions: 'fsn1' stands where a list goes",
        "write [one",
    ),
    ("regions: [fsn1]", "name: other", "4:30", "unknown key accounts.alpha.name", "the key that it stands under"),
    ("regions: [fsn1]", "hosts_path: x", "4:30", "unknown key accounts.alpha.hosts_path", ""),
    ("regions: [fsn1]", "hosts: [a, b]", "4:37", "accounts.alpha.hosts names a file", "write hosts: hosts.yaml"),
    ("regions: [fsn1]", "hosts: hosts.yaml", "4:37", "provider hetzner makes its machines itself", "provider: ssh"),
    ("provider: hetzner, regions: [fsn1]", "provider: ssh", "4:10", "account alpha enrols no hosts", "hosts.yaml"),
    (
        "provider: hetzner, regions: [fsn1]",
        "provider: ssh, hosts: hosts.yaml, regions: [ams]",
        "4:54",
        "enrolled hosts say their own regions",
        "remove regions",
    ),
    (
        "{provider: hetzner, regions: [fsn1]}",
        "hetzner",
        "4:10",
        "accounts.alpha: 'hetzner' stands where a mapping goes",
        "",
    ),
    ("  alpha:", "  alpha/../x:", "4:3", "accounts.alpha/../x: 'alpha/../x' is no name", ""),
    ("  btc:", f"  {'b' * 41}:", "8:3", f"groups.{'b' * 41}: '{'b' * 41}' has more than 40", "shorter"),
    (
        "clients: {node: [btcd]}",
        "clients: {node: [btcd]}\n    combinations: [{node: btcd}]",
        "13:20",
        "a combination of btc names node",
        "name two roles or more, the same in each combination",
    ),
    (
        "clients: {node: [btcd]}",
        "clients: {node: [btcd], index: [a, b]}\n    combinations: [{node: btcd, index: c}]",
        "13:40",
        "btc offers no index c",
        "clients.index has: a, b",
    ),
    ("count: 4", "count: 0", "11:12", "groups.btc.count: 0 is too small: the least is 1", "write a larger number"),
    ("count: 4", "count: -3", "11:12", "groups.btc.count: -3 is too small: the least is 1", ""),
    ("count: 4", "count: four", "11:12", "groups.btc.count: 'four' is not a whole number", "write digits"),
    ("count: 4", "count: 4.5", "11:12", "groups.btc.count: 4.5 is not a whole number", ""),
    ("count: 4", "count: true", "11:12", "groups.btc.count: True is not a whole number", ""),
    ("count: 4", "count: 10000000", "11:12", "groups.btc.count: 10000000 is too large: the most is 1000000", "smaller"),
    ("count: 4", "cuont: 4", "11:5", "unknown key groups.btc.cuont", "did you mean count?"),
    ("count: 4", "count: 4\n    stake: 0", "12:12", "groups.btc.stake: 0 is too small: it must be above 0", ""),
    ("count: 4", "count: 4\n    stake: .nan", "12:12", "groups.btc.stake: nan is not a number", "write digits"),
    ("count: 4", "count: 4\n    __source__: x", "12:5", "unknown key groups.btc.__source__", "begin with __"),
    ("{node: [btcd]}", "{node: []}", "12:21", "role node of btc has no client", "name one"),
    ("{node: [btcd]}", "{}", "12:14", "groups.btc.clients: a mapping has too few entries", "add what is missing"),
    ("4 GiB", "4", "13:33", "groups.btc.machine.memory: 4 is not a size", "such as 8 GiB"),
    ("4 GiB", "4 gigs", "13:33", "groups.btc.machine.memory: '4 gigs' is not a size", "such as 8 GiB"),
    ("4 GiB", "0 GiB", "13:33", "groups.btc.machine.memory: a size is larger than zero", ""),
    ("vcpus: 2", "vcpus: 0", "13:22", "groups.btc.machine.vcpus: 0 is too small: the least is 1", ""),
    (
        "vcpus: 2",
        "cpu: shred, vcpus: 2",
        "13:20",
        "groups.btc.machine.cpu: 'shred' is not known",
        "did you mean shared?",
    ),
    ("cap: 50%", "cap: 0%", "16:23", "policy.0.cap: a share lies above 0%", "not at 0%"),
    ("cap: 50%", "cap: 134%", "16:23", "policy.0.cap: a share lies above 0%", "not at 134%"),
    ("cap: 50%", "cap: 0.5", "16:23", "policy.0.cap: 0.5 is neither a share", "such as 34%"),
    ("cap: 50%", "cap: -1", "16:23", "policy.0.cap: a number here is 0 or more", ""),
    ("cap: 50%", "cap: 50%, skew: 1", "16:5", "policy.0: a rule has exactly one verb of: cap, below", ""),
    ("cap: 50%", "caps: 50%", "16:5", "policy.0: a rule has exactly one verb of: cap, below", ""),
    ("per: account", "per: acount", "16:33", "policy.0.per: 'acount' is no kind of domain", "did you mean account?"),
    ("per: account", "per: xyz", "16:33", "policy.0.per: 'xyz' is no kind of domain", "client.ROLE"),
    ("cap: 50%", "apart: [btc, btx]", "16:31", "no group is named btx", "did you mean btc?"),
    ("cap: 50%", "together: [btc, btc]", "16:28", "policy.0.together: together names a group twice", ""),
    ("per: account", "by: nodes", "16:5", "policy.0.per is missing", "add it"),
    ("per: account", "per: account, of: {group: btx}", "16:54", "no group has group btx", "did you mean btc?"),
    ("per: account", "per: account, of: {chain: ethereum}", "16:54", "no group has chain ethereum", "bitcoin"),
    ("per: account", "per: account, of: {network: mainnet}", "16:56", "no group has network mainnet", "regtest"),
    (
        "  - {name: half, cap: 50%, per: account}\n",
        "  a: b\n",
        "16:3",
        "policy: a mapping stands where a list goes",
        "line beginning with -",
    ),
    ("  - {name: half, cap: 50%, per: account}\n", "  - half\n", "16:5", "policy.0: a rule has exactly one verb", ""),
]


@pytest.mark.parametrize(("old", "new", "place", "message", "hint"), ERRORS, ids=[f"{e[1][:24]}" for e in ERRORS])
def test_every_error_is_said_at_its_place(
    tmp_path: Path, old: str, new: str, place: str, message: str, hint: str
) -> None:
    path = write_spec(tmp_path, change(SPEC, old, new), HOSTS)
    with pytest.raises(InvalidDocument) as caught:
        load_fleet(path)
    lines = [line for line in str(caught.value).splitlines() if line.startswith(f"{path}:{place}: {message}")]
    assert len(lines) == 1, f"not once in\n{caught.value}"
    assert hint in lines[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "a spec is a mapping that starts with fleet: NAME"),
        ("demo\n", "a spec is a mapping that starts with fleet: NAME"),
        (SPEC.partition("groups:")[0], "groups is missing"),
        (SPEC.partition("groups:")[0] + "groups: {}\n", "groups is empty (declare at least one)"),
        ("fleet: x\naccounts: {}\n" + "groups:" + SPEC.partition("groups:")[2], "accounts is empty"),
        ("fleet: x\naccounts: none\ngroups: 5\n", "accounts: 'none' stands where a mapping goes"),
    ],
)
def test_what_is_no_spec_at_all_is_one_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidDocument, match=r"fleet\.yaml:") as caught:
        load_fleet(write_spec(tmp_path, text))
    assert message in str(caught.value)


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = change(change(change(SPEC, "cap: 50%", "cap: 0%"), "count: 4", "count: 0"), "fsn1]", "fsn1], x: 1")
    with pytest.raises(InvalidDocument) as caught:
        load_fleet(write_spec(tmp_path, text))
    assert [problem.source and problem.source.line for problem in caught.value.problems] == [4, 11, 16]


def test_a_spec_is_read_whole(tmp_path: Path) -> None:
    fleet = load_fleet(write_spec(tmp_path, METAL, HOSTS))
    assert fleet.name == "demo"
    assert [account.name for account in fleet.accounts] == ["alpha", "beta", "metal"]
    assert fleet.get_account("metal").hosts[0].operator == "example-colo"
    assert fleet.get_account("metal").hosts_file == "hosts.yaml"
    (group,) = fleet.groups
    assert (group.count, group.stake, group.machine.memory, group.source.line) == (4, Decimal(1), Decimal(4), 10)
    (rule,) = fleet.policy
    assert isinstance(rule, Cap)
    assert (rule.title, rule.cap, rule.per, rule.source.line) == ("half", Fraction(1, 2), "account", 18)
    assert str(rule.source.file) == str(tmp_path / "fleet.yaml")


def test_aliases_and_merge_keys_are_read_as_if_written_out(tmp_path: Path) -> None:
    text = change(SPEC, "alpha: {", "alpha: &a {")
    text = change(text, "beta: {provider: hetzner, regions: [hel1]}", "beta: {<<: *a, regions: [hel1]}")
    assert load_fleet(write_spec(tmp_path, text)).digest == load_fleet(write_spec(tmp_path)).digest


def test_a_selector_may_name_a_label(tmp_path: Path) -> None:
    text = change(SPEC, "per: account}", "per: account, of: {label: {tier: one}}}")
    rule = load_fleet(write_spec(tmp_path, text)).policy[0]
    assert rule.of == Selector(label={"tier": "one"})


SAME = [
    ("fleet: demo\n", "fleet: demo # a comment\n\n\n"),
    ("{vcpus: 2, memory: 4 GiB, disk: 100 GiB}", "{memory: 4096 MiB, disk: 100 GiB, vcpus: 2}"),
    ("cap: 50%", "cap: 50.0 %"),
    ("usd_per_month: 60", "usd_per_month: 75"),
    ("192.0.2.11", "192.0.2.99\n    port: 2222\n    user: admin"),
]
OTHER = [
    ("fleet: demo\n", "fleet: demo2\n"),
    ("count: 4", "count: 5"),
    ("regions: [fsn1]", "regions: [nbg1]"),
    ("provider: hetzner, regions: [hel1]", "provider: hetzner"),
    ("memory: 4 GiB", "memory: 4 GB"),
    ("cap: 50%", "cap: 51%"),
    ("per: account", "per: region"),
    ("per: account", "per: account, level: warning"),
    ("count: 4", "count: 4\n    stake: 32"),
    ("zone: cage-7", "zone: cage-8"),
    ("memory_gib: 16", "memory_gib: 32"),
    ("disk_kind: nvme", "disk_kind: nvme\n    disk_iops: 9000"),
    ("example-colo", "other-colo"),
]


def digest_after(folder: Path, old: str, new: str) -> str:
    spec, hosts = (change(text, old, new) if old in text else text for text in (METAL, HOSTS))
    assert (spec, hosts) != (METAL, HOSTS)
    return load_fleet(write_spec(folder, spec, hosts)).digest


@pytest.mark.parametrize(("old", "new"), SAME)
def test_comments_prices_and_addresses_keep_the_digest(tmp_path: Path, old: str, new: str) -> None:
    digest = load_fleet(write_spec(tmp_path, METAL, HOSTS)).digest
    assert digest_after(tmp_path, old, new) == digest


@pytest.mark.parametrize(("old", "new"), OTHER)
def test_all_that_placement_depends_on_changes_the_digest(tmp_path: Path, old: str, new: str) -> None:
    digest = load_fleet(write_spec(tmp_path, METAL, HOSTS)).digest
    assert digest_after(tmp_path, old, new) != digest


def test_the_digest_does_not_depend_on_where_the_spec_lies(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    here, there = (load_fleet(write_spec(folder)) for folder in (tmp_path, tmp_path / "elsewhere"))
    assert here.digest == there.digest
    assert here.digest.startswith("sha256:")


LINES = [f"  {name}: {{provider: hetzner, regions: [{region}]}}\n" for name in "abc" for region in ["fsn1"]]


@given(st.permutations(LINES))
def test_the_order_of_accounts_says_nothing(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    folder = tmp_path_factory.getbasetemp()
    head, _, tail = SPEC.partition("accounts:\n")
    groups = "groups:" + tail.partition("groups:")[2]
    digests = {
        load_fleet(write_spec(folder, f"{head}accounts:\n{''.join(order)}{groups}")).digest for order in (LINES, lines)
    }
    assert len(digests) == 1


def test_standby_nodes_are_a_group_of_their_own(tmp_path: Path) -> None:
    fleet = load_fleet(write_spec(tmp_path, change(SPEC, "count: 4", "count: 4\n    standby: {count: 2}")))
    assert [(group.name, group.count, group.standby_of) for group in fleet.groups] == [
        ("btc", 4, None),
        ("btc-standby", 2, "btc"),
    ]
    assert fleet.digest != load_fleet(write_spec(tmp_path)).digest


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("count: 4", "count: 4\n    standby: {count: 0}", "groups.btc.standby.count"),
        (
            "count: 4",
            "count: 4\n    standby: {count: 1, mode: cold}",
            "12:31: groups.btc.standby.mode: 'cold' is not known here",
        ),
        ("count: 4", "count: 4\n    __standby_of__: eth", "__standby_of__"),
        ("count: 4", "count: 4\n    __production__: false", "unknown key groups.btc.__production__"),
        (
            "policy:",
            "  btc-standby: {chain: bitcoin, network: regtest, count: 1, clients: {node: [btcd]},\n"
            "    machine: {vcpus: 2, memory: 4 GiB, disk: 100 GiB}}\n"
            "  btc2: {chain: bitcoin, network: regtest, count: 1, clients: {node: [btcd]},\n"
            "    machine: {vcpus: 2, memory: 4 GiB, disk: 100 GiB}, standby: {count: 1}}\n"
            "  btc2-standby: {chain: bitcoin, network: regtest, count: 1, clients: {node: [btcd]},\n"
            "    machine: {vcpus: 2, memory: 4 GiB, disk: 100 GiB}}\n\npolicy:",
            "there is another of that name",
        ),
    ],
)
def test_standby_nodes_that_cannot_be_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        load_fleet(write_spec(tmp_path, change(SPEC, old, new)))
    assert message in str(caught.value)
