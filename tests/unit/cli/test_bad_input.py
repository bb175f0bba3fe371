"""Bad input: one clear error on stderr that names the place and what to do, the exit code, and files as they were.

One table. A row says how the input is spoilt, what is then run, and the words that must be said.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.command_line import Ran, run_orchestrator
from tests.unit.specs import HOST_KEY, HOSTS, SPEC, change, write_spec

Spoil = Callable[[Path], object]
Run = Callable[[Sequence[object]], Ran]

PROGRAM = (sys.executable, "-B", "-m", "orchestrator.cli.main")
MOST_SECONDS = 60  # on a busy machine; what hangs takes longer
SSH = change(SPEC, "alpha: {provider: hetzner, regions: [fsn1]}", "alpha: {provider: ssh, hosts: hosts.yaml}")
METAL = change(change(SSH, "count: 4", "count: 1"), "cap: 50%", "cap: 100%")
SITES = "provider,region,zone,country\nmine,r1,z1,DE\n"
MACHINES = "provider,region,machine_type,vcpus,cpu,memory_gib\nmine,r1,m1,4,shared,8\n"
MILLIONS = "9" * 30


@dataclass(frozen=True)
class Case:
    """How the input is spoilt, the words that must be said, what is run ("@" is the folder), and how it ends."""

    spoil: Spoil
    words: str | tuple[str, ...]
    command: tuple[str, ...] = ("place", "@/fleet.yaml")
    code: int = 2


def spec(old: str, new: str, base: str = SPEC) -> Spoil:
    return lambda folder: write_spec(folder, change(base, old, new))


def text(content: str) -> Spoil:
    return lambda folder: write_spec(folder, content)


def raw(content: bytes, name: str = "fleet.yaml") -> Spoil:
    return lambda folder: (folder / name).write_bytes(content)


def hosts(old: str, new: str) -> Spoil:
    return lambda folder: write_spec(folder, METAL, change(HOSTS, old, new))


def hosts_text(content: str) -> Spoil:
    return lambda folder: write_spec(folder, METAL, content)


def lock(old: str, new: str) -> Spoil:
    def apply(folder: Path) -> None:
        path = folder / "fleet.lock"
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new, 1))

    return apply


def lock_text(work: Callable[[str], str]) -> Spoil:
    return lambda folder: (folder / "fleet.lock").write_text(work((folder / "fleet.lock").read_text()))


def catalogue(sites: str = SITES, machines: str = MACHINES) -> Spoil:
    def make(folder: Path) -> None:
        (folder / "facts").mkdir()
        (folder / "facts" / "sites.csv").write_text(sites)
        (folder / "facts" / "machines.csv").write_text(machines)

    return make


def replace_by_folder(name: str) -> Spoil:
    def make(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return make


def link_to_nothing(folder: Path) -> None:
    (folder / "fleet.lock").unlink()
    (folder / "fleet.lock").symlink_to("gone")


def nothing(_folder: Path) -> None:
    """The files are well; the command is not."""


CHECK = ("check", "@/fleet.yaml")
FACTS = ("check", "--catalog", "@/facts", "@/fleet.yaml")

SPECS = {
    "wrong type": Case(spec("count: 4", "count: many"), "fleet.yaml:11:12: groups.btc.count: 'many' is not a whole"),
    "true as a count": Case(spec("count: 4", "count: true"), "fleet.yaml:11:12: groups.btc.count: True is not a whole"),
    "count 0": Case(spec("count: 4", "count: 0"), "fleet.yaml:11:12: groups.btc.count: 0 is too small: the least is 1"),
    "count beyond all": Case(spec("count: 4", f"count: {MILLIONS}"), "fleet.yaml:11:12: groups.btc.count: 9"),
    "count NaN": Case(spec("count: 4", "count: .nan"), "fleet.yaml:11:12: groups.btc.count: nan is not a whole"),
    "count infinite": Case(spec("count: 4", "count: .inf"), "fleet.yaml:11:12: groups.btc.count: inf is not a whole"),
    "number of 5000 digits": Case(spec("count: 4", f"count: {'9' * 5000}"), "fleet.yaml:1:1: fleet.yaml is not YAML"),
    "stake beyond all": Case(
        spec("count: 4", "count: 4\n    stake: '1e999999'"), "fleet.yaml:12:12: groups.btc.stake: '1e999999' is too"
    ),
    "stakes too fine to add up": Case(
        lambda folder: write_spec(
            folder,
            change(
                change(SPEC, "per: account", "per: account, by: stake"),
                "count: 4",
                "count: 4\n    stake: 0.123456789012345678",
            ),
        ),
        "fleet.yaml:8:3: the stake of btc",
        code=2,
    ),
    "disk beyond all": Case(spec("100 GiB", f"{'9' * 15} GiB"), "fleet.yaml:13:46: groups.btc.machine.disk: '999"),
    "memory NaN": Case(spec("4 GiB", ".nan"), "fleet.yaml:13:33: groups.btc.machine.memory: nan is not a size"),
    "cap beyond all": Case(spec("50%", MILLIONS), "fleet.yaml:16:23: policy.0.cap: a number here is at most"),
    "cap 0%": Case(spec("50%", "0%"), "fleet.yaml:16:23: policy.0.cap: a share lies above 0% and at most at 100%"),
    "cap 134%": Case(spec("50%", "134%"), "fleet.yaml:16:23: policy.0.cap: a share lies above 0%"),
    "cap NaN%": Case(spec("50%", "NaN%"), "fleet.yaml:16:23: policy.0.cap: 'NaN%' is neither a share"),
    "unknown region": Case(
        spec("[fsn1]", "[fsn]"), ("fleet.yaml:4:40: hetzner has no region fsn in the", "did you mean fsn1?")
    ),
    "region of look-alike letters": Case(
        spec("[fsn1]", "[f\u0455n1]"), ("fleet.yaml:4:40: ", "did you mean fsn1? \u0455 is CYRILLIC SMALL LETTER DZE")
    ),
    "unknown provider": Case(
        spec("alpha: {provider: hetzner", "alpha: {provider: hetzer"), ("fleet.yaml:4:3: ", "did you mean hetzner?")
    ),
    "unknown client": Case(
        spec("[btcd]", "[btdc]"), ("fleet.yaml:8:3: groups.btc: no client btdc", "did you mean btcd")
    ),
    "unknown network": Case(spec("regtest", "regtst"), "btcd does not know the network regtst (did you mean regtest?)"),
    "unknown key": Case(spec("network:", "netwrok:"), "fleet.yaml:10:5: unknown key groups.btc.netwrok (did you mean"),
    "duplicate group": Case(spec("groups:\n", "groups:\n  btc: {}\n"), 'fleet.yaml:9:3: there are two of key "btc"'),
    "duplicate key": Case(spec("cap: 50%", "cap: 50%, cap: 4"), 'fleet.yaml:16:28: there are two of key "cap"'),
    "alias cycle": Case(
        spec("policy:\n", "labels: &x [*x]\npolicy:\n"), "fleet.yaml:15:13: this is not YAML: alias *x"
    ),
    "aliases that multiply": Case(
        text(
            "a: &a [x,x,x,x,x,x,x,x]\n"
            + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 8)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True))
        ),
        "fleet.yaml:7:1: fleet.yaml means far more than it says",
    ),
    "merge of nothing": Case(spec("[hel1]", "[hel1], <<: *x"), "fleet.yaml:5:50: this is not YAML: found undefined"),
    "merge of a list": Case(spec("[hel1]", "[hel1], <<: [1]"), "this is not YAML: expected a mapping for merging"),
    "merge that brings a stranger": Case(
        spec("accounts:\n", "accounts:\n  zeta: &z {provider: hetzner, stuff: 1}\n  eta: {<<: *z}\n"),
        "fleet.yaml:4:32: unknown key accounts.zeta.stuff",
    ),
    "nested too deep": Case(raw(b"[" * 5000), "fleet.yaml:1:34: this is not YAML: it nests deeper"),
    "a key that is no text": Case(spec("  btc:", "  5:"), "fleet.yaml:8:1: fleet.yaml has a key that is not text: 5"),
    "10 MB": Case(raw(b"# x\n" * (10 << 18)), "fleet.yaml:1:1: fleet.yaml is larger than 8 MiB"),
    "binary": Case(raw(b"\x7fELF\x00\x01\xff"), "fleet.yaml:1:1: fleet.yaml is not UTF-8 text"),
    "UTF-16": Case(raw(SPEC.encode("utf-16")), "fleet.yaml:1:1: fleet.yaml is not UTF-8 text (save it as UTF-8)"),
    "NUL": Case(raw(b"fleet: a\x00b\n"), "fleet.yaml:1:1: fleet.yaml holds a NUL byte"),
    "empty": Case(text(""), "fleet.yaml:1:1: fleet.yaml is empty"),
    "comments alone": Case(text("# nothing\n"), "fleet.yaml:1:1: fleet.yaml is empty"),
    "missing": Case(lambda folder: (folder / "fleet.yaml").unlink(), "fleet.yaml:1:1: fleet.yaml does not exist"),
    "directory": Case(replace_by_folder("fleet.yaml"), "fleet.yaml:1:1: fleet.yaml is a folder, not a file"),
    "tabs": Case(
        spec("    chain: bitcoin", "\tchain: bitcoin"), "fleet.yaml:9:1: this is not YAML: found character '\\t'"
    ),
    "CRLF, and an error": Case(
        raw(change(SPEC, "count: 4", "count: x").replace("\n", "\r\n").encode()), "fleet.yaml:11:12: groups.btc.count"
    ),
    "BOM, and an error": Case(
        raw(b"\xef\xbb\xbf" + change(SPEC, "demo", "5").encode()), "fleet.yaml:1:8: fleet: 5 is not text"
    ),
    "another format": Case(text('{"fleet": '), "fleet.yaml:1:11: this is not YAML"),
    "two documents": Case(
        spec("accounts:\n", "---\naccounts:\n"), "fleet.yaml:3:1: this is not YAML: but found another"
    ),
    "a tag that would run code": Case(
        spec("count: 4", "count: !!python/object/apply:os.system [id]"), "fleet.yaml:11:12: this is not YAML: the tag "
    ),
    "a name out of the folder": Case(
        spec("fleet: demo", "fleet: ../../etc/passwd"), "fleet.yaml:1:8: fleet: '../../etc"
    ),
    "a name of shell words": Case(
        spec("  btc:", '  "b; rm -rf /":'), "fleet.yaml:8:3: groups.b; rm -rf /: 'b; rm -rf /' is"
    ),
    "a name of two lines": Case(
        spec("  btc:", '  "b\\nerror: all well":'), r"fleet.yaml:8:3: groups.'b\nerror: all well'"
    ),
    "a name of 5000 letters": Case(spec("fleet: demo", f"fleet: {'d' * 5000}"), "has more than 40 characters"),
    "terminal codes in a name": Case(spec("  btc:", '  "\\e[31mx":'), r"fleet.yaml:8:3: groups.'\x1b[31mx': "),
    "a region of two lines": Case(
        spec("[fsn1]", '["fsn1\\nerror: x"]'), r"accounts.alpha.regions.0: 'fsn1\nerror: x' has"
    ),
    "text that hides itself": Case(
        spec("name: half", 'name: "a\\u202eb"'), r"fleet.yaml:16:12: policy.0.name: 'a\u202eb' holds"
    ),
    "a network that is none": Case(
        text(f"{SPEC}access: {{ssh_keys: [{HOST_KEY}], ssh_from: [300.0.0.0/8]}}\n"), "fleet.yaml:17:"
    ),
    "a key that was cut short": Case(
        text(f"{SPEC}access: {{ssh_keys: [{HOST_KEY[:-9]}], ssh_from: [192.0.2.0/24]}}\n"), "access.ssh_keys.0 is no"
    ),
}

HOSTS_FILES = {
    "hosts file missing": Case(text(METAL), "hosts.yaml:1:1: hosts.yaml does not exist"),
    "hosts file empty": Case(hosts_text(""), "hosts.yaml:1:1: hosts.yaml is empty"),
    "hosts file with a wrong key": Case(
        hosts("operator:", "operater:"), "hosts.yaml:5:5: unknown key hosts.metal-1.operater (did you mean operator?)"
    ),
    "host key malformed": Case(
        hosts("ssh-ed25519 AAAA", "ssh-ed25519 !!!!"), "hosts.yaml:4:15: hosts.metal-1.host_key is no"
    ),
    "host key cut short": Case(hosts(HOST_KEY, HOST_KEY[:-8]), "hosts.yaml:4:15: hosts.metal-1.host_key is no"),
    "host key of another kind": Case(
        hosts("ssh-ed25519 AAAA", "ssh-rsa AAAA"), "hosts.yaml:4:15: hosts.metal-1.host_key is no"
    ),
    "a private key": Case(
        hosts(HOST_KEY, "'-----BEGIN OPENSSH PRIVATE KEY-----'"), "hosts.yaml:4:15: hosts.metal-1.host_key is no public"
    ),
    "host twice": Case(hosts_text(HOSTS + HOSTS.partition("\n")[2]), 'hosts.yaml:14:3: there are two of key "metal-1"'),
    "one machine as two hosts": Case(
        hosts_text(HOSTS + HOSTS.partition("\n")[2].replace("metal-1", "metal-2")),
        "hosts.yaml:15:14: hosts.metal-2 has the address of metal-1",
    ),
    "address that is none": Case(
        hosts("192.0.2.11", "999.1.2.3"), "hosts.yaml:3:14: hosts.metal-1.address: '999.1.2.3'"
    ),
    "address with a port": Case(hosts("192.0.2.11", "192.0.2.11:22"), "hosts.yaml:3:14: hosts.metal-1.address: "),
    "address of shell words": Case(
        hosts("192.0.2.11", "'$(reboot)'"), "hosts.yaml:3:14: hosts.metal-1.address: '$(reboot)'"
    ),
    "address that is an option": Case(
        hosts("192.0.2.11", "-oProxyCommand=id"), "hosts.yaml:3:14: hosts.metal-1.address"
    ),
    "login that is none": Case(
        hosts("operator:", "user: '-x; rm'\n    operator:"), "hosts.yaml:5:11: hosts.metal-1.user: '-x; rm'"
    ),
    "price beyond all": Case(
        hosts("month: 60", "month: '1e999999'"), "hosts.yaml:13:20: hosts.metal-1.usd_per_month: '1e9"
    ),
    "hosts file with a NUL in its path": Case(
        text(change(METAL, "hosts.yaml", '"a\\0b"')), "cannot be read: embedded null"
    ),
    "hosts file that never ends": Case(text(change(METAL, "hosts.yaml", "/dev/zero")), "/dev/zero:1:1: zero is larger"),
}

LOCKS = {
    "lock cut short": Case(lock_text(lambda it: it[:-30]), "fleet.lock:5:1: fleet.lock ends in the middle of a line"),
    "lock empty": Case(lock_text(lambda _: ""), "fleet.lock:1:1: fleet.lock is empty"),
    "lock is a directory": Case(replace_by_folder("fleet.lock"), "fleet.lock:1:1: fleet.lock is a folder, not a file"),
    "lock is a link to nothing": Case(
        link_to_nothing,
        "fleet.lock:1:1: fleet.lock does not exist",
    ),
    "lock is binary": Case(raw(b"\x7fELF\0\xff", "fleet.lock"), "fleet.lock:1:1: fleet.lock is not UTF-8 text"),
    "lock with conflicts": Case(lock_text(lambda it: f"{it}>>>>>>> b\n"), "fleet.lock:6:1: a merge conflict stands in"),
    "lock of a later format": Case(lock('"format": 1', '"format": 2'), "fleet.lock:1:1: format"),
    "lock without its header": Case(
        lock_text(lambda it: it.partition("\n")[2]), "fleet.lock:1:1: this line is out of place"
    ),
    "lock with a machine twice": Case(
        lock_text(lambda it: f"{it}{it.splitlines()[-1]}\n"), "fleet.lock:6:1: machine btc-4.1 stands in line 5 already"
    ),
    "lock with a key twice": Case(
        lock('"clients"', '"node": "btc-9", "clients"'), "fleet.lock:2:1: the key 'node' is there"
    ),
    "lock with NaN": Case(lock('"volume_gib": 100', '"volume_gib": NaN'), "fleet.lock:2:1: volume_gib: "),
    "lock with a hostile machine": Case(lock('"btc-1.1"', '"../x.1"'), "fleet.lock:2:1: mach"),
    "lock with a hostile region": Case(
        lock('"region": "fsn1"', '"region": "\\u001b[31m\\n"'), "fleet.lock:2:1: region: "
    ),
    "lock with a node of another group": Case(
        lock('"node": "btc-1"', '"node": "eth-1"'), "fleet.lock:2:1: machine btc-1.1 is no"
    ),
    "lock that lost KIND": Case(lock('"lost": []', '"lost": ["x"]'), "fleet.lock:1:1: lost.0: "),
    "lock of another fleet": Case(
        lock('"fleet": "demo"', '"fleet": "other"'), "fleet.lock:1:1: this is the lock of fleet other, not of demo"
    ),
    "lock of another fleet, checked": Case(
        lock('"fleet": "demo"', '"fleet": "other"'), "the lock is of fleet other [fleet]", CHECK, 1
    ),
    "no lock": Case(lambda folder: (folder / "fleet.lock").unlink(), "fleet.lock:1:1: there is no lock", CHECK),
}

CATALOGUES = {
    "column missing": Case(
        catalogue(SITES.replace(",zone,", ",zoen,")), "sites.csv:1:1: column zone is missing", FACTS
    ),
    "quote never closed": Case(catalogue(f'{SITES}mine,"r2,z,DE\n'), "sites.csv:3:1: this is not CSV", FACTS),
    "wrong number": Case(
        catalogue(machines=MACHINES.replace(",4,", ",four,")), "machines.csv:2:12: column vcpus is 'four', not a", FACTS
    ),
    "number NaN": Case(
        catalogue(machines=MACHINES.replace(",8\n", ",nan\n")), "machines.csv:2:21: column memory_gib", FACTS
    ),
    "number beyond all": Case(
        catalogue(machines=MACHINES.replace(",8\n", ",1e999999\n")),
        "machines.csv:2:21: column memory_gib is '1e9",
        FACTS,
    ),
    "duplicate row": Case(
        catalogue(f"{SITES}mine,r1,z1,DE\n"), "sites.csv:3:9: column zone repeats the row of line 2", FACTS
    ),
    "separated by semicolons": Case(
        catalogue(SITES.replace(",", ";")), "sites.csv:1:1: sites.csv is separated by", FACTS
    ),
    "a country misspelt a thousand times": Case(
        catalogue(SITES.partition("\n")[0] + "\n" + "".join(f"mine,r{n},z,de\n" for n in range(1000))),
        "and 980 more problems",
        FACTS,
    ),
    "catalogue missing": Case(nothing, "facts:1:1: facts does not exist (name the folder that holds sites.csv", FACTS),
}

COMMANDS = {
    "unknown command": Case(nothing, "No such command 'plase'. Did you mean 'place'?", ("plase",)),
    "unknown flag": Case(nothing, "No such option '--dryrun'. Did you mean '--dry-run'?", ("place", "--dryrun")),
    "unknown kind of domain": Case(nothing, "'acount' is no kind of failure domain", ("place", "--lose", "acount=x")),
    "unknown domain": Case(
        nothing,
        "the fleet has nothing in account=alhpa (did you mean alpha?)",
        ("place", "--lose", "account=alhpa", "@/fleet.yaml"),
    ),
    "a domain of terminal codes": Case(
        nothing, "holds characters that cannot be seen", ("place", "--lose", "account=\x1b[3m")
    ),
    "a time that is none": Case(nothing, "nan is no number of seconds", ("up", "--wait", "nan", "@/fleet.yaml")),
    "a rehearsal out of the folder": Case(nothing, "'../../x' is no rehearsal's id", ("rehearse", "clean", "../../x")),
    "no Pulumi.yaml": Case(nothing, "no Pulumi.yaml beside", ("up", "@/fleet.yaml")),
    "no rehearsal": Case(
        nothing, "is not being rehearsed (orchestrator up --rehearse", ("status", "--rehearse", "@/fleet.yaml")
    ),
    "a bad spec, up": Case(spec("count: 4", "count: 0"), "fleet.yaml:11:12: groups.btc.count", ("up", "@/fleet.yaml")),
    "a bad spec, down": Case(
        spec("count: 4", "count: 0"), "fleet.yaml:11:12: groups.btc.count", ("down", "@/fleet.yaml")
    ),
    "a bad spec, rebalance": Case(
        spec("count: 4", "count: 0"), "fleet.yaml:11:12: groups.btc.count", ("rebalance", "@/fleet.yaml")
    ),
    "a bad lock, rebalance": Case(
        lock_text(lambda it: it[:-30]), "fleet.lock:5:1: fleet.lock ends", ("rebalance", "--dry-run", "@/fleet.yaml")
    ),
}

CASES = SPECS | HOSTS_FILES | LOCKS | CATALOGUES | COMMANDS


def read_all(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A spec and its lock, made once."""
    folder = tmp_path_factory.mktemp("placed")
    assert run_orchestrator("place", write_spec(folder)).code == 0
    return read_all(folder)


@pytest.fixture
def fleet(tmp_path: Path, placed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "fleet"
    folder.mkdir()
    for name, content in placed.items():
        (folder / name).write_bytes(content)
    return folder


def expect_one_clear_error(ran: Ran, case: Case) -> None:
    said = ran.out if case.code == 1 else ran.err
    assert ran.code == case.code, ran
    assert case.code == 1 or ran.out == "", ran
    assert case.code == 1 or len(re.findall(r"^error: |^Error: ", said, re.MULTILINE)) == 1, said
    for words in (case.words,) if isinstance(case.words, str) else case.words:
        assert words in said
    assert "Traceback" not in ran.err
    assert said.replace("\n", "").isprintable()
    assert len(said) < 4000


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_one_clear_error(fleet: Path, name: str) -> None:
    case = CASES[name]
    case.spoil(fleet)
    before = read_all(fleet)
    ran = run_orchestrator(*(word.replace("@", str(fleet)) for word in case.command))
    expect_one_clear_error(ran, case)
    assert read_all(fleet) == before


# What the system refuses, in a process of its own: such errors come from real calls.

UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
needs_setpriv = pytest.mark.skipif(
    bool(UNPRIVILEGED) and not shutil.which("setpriv"), reason="setpriv is not installed"
)
needs_mounts = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="mounting needs root")


def run_apart(*command: object, before: Sequence[str] = (), limit: Callable[[], None] | None = None) -> Ran:
    """Runs the program as people do, behind the words `before`, in a process that `limit` may hold down."""
    words = [*before, *PROGRAM, *map(str, command)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=MOST_SECONDS, check=False, preexec_fn=limit)
    return Ran(done.stdout, done.stderr, done.returncode)


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


@needs_setpriv
@pytest.mark.parametrize("name", ["fleet.yaml", "fleet.lock"])
def test_an_unreadable_file(fleet: Path, name: str) -> None:
    before = read_all(fleet)
    (fleet / name).chmod(0)
    ran = run_apart("check", fleet / "fleet.yaml", before=UNPRIVILEGED)
    expect_one_clear_error(ran, Case(nothing, f"{name}:1:1: {name} cannot be read: Permission denied (check its owner"))
    (fleet / name).chmod(0o600)
    assert read_all(fleet) == before


@needs_setpriv
def test_a_folder_that_cannot_be_written(fleet: Path) -> None:
    write_spec(fleet, change(SPEC, "count: 4", "count: 6"))
    before = read_all(fleet)
    fleet.chmod(0o555)
    ran = run_apart("place", "--format", "json", fleet / "fleet.yaml", before=UNPRIVILEGED)
    fleet.chmod(0o755)
    words = ("fleet.lock:1:1: fleet.lock cannot be written: Permission denied", f"give write access in {fleet}")
    expect_one_clear_error(ran, Case(nothing, words))
    assert read_all(fleet) == before


def test_a_file_that_may_not_grow(fleet: Path) -> None:
    write_spec(fleet, change(SPEC, "count: 4", "count: 6"))
    before = read_all(fleet)
    ran = run_apart("place", fleet / "fleet.yaml", limit=limit_file_size)
    expect_one_clear_error(ran, Case(nothing, "fleet.lock:1:1: fleet.lock cannot be written: File too large"))
    assert read_all(fleet) == before


FULL_DISK = """set -eu
mount -t tmpfs -o size=64k tmpfs "$1/disk"
cp "$1/fleet.yaml" "$1/fleet.lock" "$1/disk"
dd if=/dev/zero of="$1/disk/filler" bs=4096 2>"$1/filled" || true
shift_to="$1"; shift
code=0; "$@" "$shift_to/disk/fleet.yaml" || code=$?
ls -A "$shift_to/disk" > "$shift_to/left"
cmp "$shift_to/fleet.lock" "$shift_to/disk/fleet.lock" >> "$shift_to/left"
exit $code"""


@needs_mounts
def test_a_full_disk(fleet: Path) -> None:
    write_spec(fleet, change(SPEC, "count: 4", "count: 40"))
    (fleet / "disk").mkdir()
    ran = run_apart("place", before=("unshare", "--mount", "sh", "-c", FULL_DISK, "sh", str(fleet)))
    expect_one_clear_error(ran, Case(nothing, "fleet.lock cannot be written: No space left on device (make room"))
    assert (fleet / "left").read_text().split() == ["filler", "fleet.lock", "fleet.yaml"]
