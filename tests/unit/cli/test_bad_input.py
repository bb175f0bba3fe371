"""Bad input: one clear error on stderr that names the place, exit code 2, and every file as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command_line import run_orchestrator
from tests.unit.specs import SPEC, change, write_spec


def edit(old: str, new: str) -> Callable[[Path], object]:
    return lambda folder: write_spec(folder, change(SPEC, old, new))


def write(text: str) -> Callable[[Path], object]:
    return lambda folder: write_spec(folder, text)


def write_bytes(content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / "fleet.yaml").write_bytes(content)


def edit_lock(work: Callable[[str], str]) -> Callable[[Path], object]:
    def apply(folder: Path) -> None:
        path = folder / "fleet.lock"
        path.write_text(work(path.read_text()))

    return apply


def make_folder(folder: Path) -> None:
    (folder / "fleet.yaml").unlink()
    (folder / "fleet.yaml").mkdir()


SPECS: dict[str, tuple[Callable[[Path], object], str]] = {
    "wrong type": (edit("count: 4", "count: many"), "fleet.yaml:11:12: groups.btc.count: Input should be a valid int"),
    "true as a count": (edit("count: 4", "count: true"), "fleet.yaml:11:12: groups.btc.count: Input should be a valid"),
    "count 0": (edit("count: 4", "count: 0"), "fleet.yaml:11:12: groups.btc.count: Input should be greater"),
    "count beyond all": (edit("count: 4", "count: 9" + "9" * 40), "fleet.yaml:11:12: groups.btc.count: Input should"),
    "unknown region": (
        edit("[fsn1]", "[fns1]"),
        "fleet.yaml:4:3: hetzner has no region fns1 in the catalogue (account",
    ),
    "unknown region, suggestion": (edit("[fsn1]", "[fsn]"), "did you mean fsn1?"),
    "unknown provider": (edit("alpha: {provider: hetzner", "alpha: {provider: hetzer"), "did you mean hetzner?"),
    "unknown client": (
        edit("[btcd]", "[btdc]"),
        "fleet.yaml:8:3: groups.btc: no client btdc is known (did you mean btcd",
    ),
    "unknown network": (edit("regtest", "regtst"), "btcd does not know the network regtst (did you mean regtest?)"),
    "duplicate group": (edit("groups:\n", "groups:\n  btc: {}\n"), 'fleet.yaml:9:3: there are two of key "btc"'),
    "cap 0%": (
        edit("50%", "0%"),
        "fleet.yaml:16:23: policy.0.cap: a share lies above 0% and at most at 100%, not at 0%",
    ),
    "cap 134%": (edit("50%", "134%"), "fleet.yaml:16:23: policy.0.cap: a share lies above 0%"),
    "alias cycle": (edit("policy:\n", "labels: &x [*x]\npolicy:\n"), "fleet.yaml:15:13: this is not YAML: alias *x"),
    "merge of nothing": (edit("[hel1]", "[hel1], <<: *x"), "fleet.yaml:5:50: this is not YAML: found undefined alias"),
    "merge that brings a stranger": (
        edit("accounts:\n", "accounts:\n  zeta: &z {provider: hetzner, stuff: 1}\n  eta: {<<: *z}\n"),
        "fleet.yaml:4:32: unknown key accounts.zeta.stuff",
    ),
    "binary": (write_bytes(b"\x7fELF\x00\x01\xff"), "fleet.yaml:1:1: fleet.yaml is not UTF-8 text"),
    "NUL": (write_bytes(b"fleet: a\x00b\n"), "fleet.yaml:1:1: fleet.yaml holds a NUL byte"),
    "empty": (write(""), "fleet.yaml:1:1: fleet.yaml is empty"),
    "missing": (lambda folder: (folder / "fleet.yaml").unlink(), "fleet.yaml:1:1: fleet.yaml does not exist"),
    "directory": (make_folder, "fleet.yaml:1:1: fleet.yaml is a folder, not a file"),
    "another format": (write('{"fleet": '), "fleet.yaml:1:11: this is not YAML"),
    "hostile fleet name": (
        edit("fleet: demo", "fleet: ../../etc/passwd"),
        "fleet.yaml:1:8: fleet: String should match",
    ),
    "hostile group name": (
        edit("  btc:", '  "b; rm -rf /":'),
        "fleet.yaml:8:3: groups.b; rm -rf /: String should match",
    ),
    "terminal codes in a name": (edit("  btc:", '  "\\e[31mx":'), r"fleet.yaml:8:3: groups.'\x1b[31mx': String should"),
    "two documents": (edit("accounts:\n", "---\naccounts:\n"), "fleet.yaml:3:1: this is not YAML: but found another"),
    "hosts file missing": (
        edit("provider: hetzner, regions: [fsn1]", "provider: ssh, hosts: h.yaml"),
        "h.yaml:1:1: h.yaml",
    ),
    "truncated lock": (edit_lock(lambda text: text[:-30]), "fleet.lock:5:1: fleet.lock ends in the middle of a line"),
    "empty lock": (edit_lock(lambda _: ""), "fleet.lock:1:1: fleet.lock is empty"),
    "lock with conflicts": (edit_lock(lambda text: f"{text}>>>>>>> b\n"), "fleet.lock:6:1: a merge conflict stands in"),
    "lock of a later format": (
        edit_lock(lambda text: text.replace('"format": 1', '"format": 2')),
        "fleet.lock:1:1: format",
    ),
    "lock with a hostile machine": (
        edit_lock(lambda text: text.replace('"btc-1.1"', '"../x.1"')),
        "fleet.lock:2:1: mach",
    ),
    "lock that lost KIND": (
        edit_lock(lambda text: text.replace('"lost": []', '"lost": ["x"]')),
        "fleet.lock:1:1: lost.0: ",
    ),
}


def read_all(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A spec and its lock, made once."""
    folder = tmp_path_factory.mktemp("placed")
    assert run_orchestrator("place", write_spec(folder)).code == 0
    return read_all(folder)


@pytest.fixture
def fleet(tmp_path: Path, placed: dict[str, bytes]) -> Path:
    for name, content in placed.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("command", ["place", "check"])
@pytest.mark.parametrize("name", SPECS)
def test_bad_input_is_one_clear_error(fleet: Path, name: str, command: str) -> None:
    spoil, message = SPECS[name]
    spoil(fleet)
    before = read_all(fleet)
    ran = run_orchestrator(command, fleet / "fleet.yaml")
    assert (ran.code, ran.out) == (2, ""), ran
    assert ran.err.startswith("error: ")
    assert message in ran.err
    assert str(fleet) in ran.err
    assert "Traceback" not in ran.err
    assert "\x1b" not in ran.err
    assert len(ran.err.splitlines()) <= 3
    assert read_all(fleet) == before


def test_the_lock_of_another_fleet_is_never_written_over(fleet: Path) -> None:
    edit_lock(lambda text: text.replace('"fleet": "demo"', '"fleet": "other"'))(fleet)
    before = read_all(fleet)
    for command in (["place"], ["rebalance", "--dry-run"]):
        ran = run_orchestrator(*command, fleet / "fleet.yaml")
        assert (ran.code, ran.out) == (2, "")
        assert "fleet.lock:1:1: this is the lock of fleet other, not of demo" in ran.err
    checked = run_orchestrator("check", fleet / "fleet.yaml")
    assert checked.code == 1
    assert "error: the lock is of fleet other [fleet]" in checked.out
    assert read_all(fleet) == before


def test_every_other_command_says_the_same_of_a_bad_spec(fleet: Path) -> None:
    edit("count: 4", "count: 0")(fleet)
    for command in ("up", "status", "rebalance", "down"):
        ran = run_orchestrator(command, fleet / "fleet.yaml")
        assert (ran.code, ran.out) == (2, "")
        assert "fleet.yaml:11:12: groups.btc.count" in ran.err


def test_a_lock_that_cannot_be_written_is_an_error_of_the_system(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    edit("count: 4", "count: 6")(fleet)
    before = read_all(fleet)
    monkeypatch.setattr("os.fsync", fail)
    ran = run_orchestrator("place", fleet / "fleet.yaml")
    assert ran.code == 2
    assert "No space left on device" in ran.err
    assert read_all(fleet) == before
