"""Every loader, fed with files that were spoilt at random: it reads them, or says why not; nothing else.

ORCHESTRATOR_FUZZ_INPUTS=20000 tries as many of each file (of YAML, which is slow to read, an eighth), for a night;
ORCHESTRATOR_FUZZ_SEED begins elsewhere.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.adapters.baseline import read_baseline
from orchestrator.adapters.pins import read_pins
from orchestrator.catalog.catalogue import load_catalogue
from orchestrator.catalog.clients import load_client
from orchestrator.folders import find_asset
from orchestrator.lockfile import read_lock
from orchestrator.model.errors import OrchestratorError
from orchestrator.spec import load_fleet
from orchestrator.spec.hosts import load_hosts
from orchestrator.spec.named_files import list_named_files
from tests.unit.specs import HOST_KEY, HOSTS, SPEC

INPUTS = int(os.environ.get("ORCHESTRATOR_FUZZ_INPUTS", "800"))
SEED = int(os.environ.get("ORCHESTRATOR_FUZZ_SEED", "1"))

LOCK = """\
{"fleet": "demo", "format": 1, "revision": "0", "ancestors": [], "spec": "sha256:0", "facts": "sha256:0", "lost": []}
{"machine": "btc-1.2", "node": "btc-1", "group": "btc", "chain": "bitcoin", "network": "regtest", "account": "alpha", \
"provider": "hetzner", "region": "fsn1", "zone": "fsn1-dc14", "machine_type": "ccx13", "arch": "x86_64", \
"volume_gib": 100, "clients": {"node": "btcd"}, "state": "wanted"}
{"retired": "btc-1.1", "node": "btc-1", "account": "alpha", "evidence": "gone"}
"""
REVIEW = """\
review:
  levels: {control: error}
  suppressions:
    - {rule: PLC001, subject: "btc, provider hetzner", reason: later, until: 2027-01-31}
"""
BASELINE = """\
{
  "format": 1,
  "findings": [
    {"fingerprint": "0123456789abcdef0123456789abcdef", "rule": "cap", "subject": "btc, provider hetzner"}
  ]
}
"""
ACCESS = f"access: {{ssh_keys: [{HOST_KEY}], ssh_from: [192.0.2.0/24]}}\n"

# What spoils a file in ways that flipped bytes seldom do.
TOKENS = (
    *("", "\n", "\t", " ", "\r\n", "\0", "\x1b[31m", "\u2028", "\u202e", "\ufeff", "\ud7ff", "é", "日"),
    *(
        "&a ",
        "*a",
        "<<: ",
        "!!set ",
        "!x ",
        "? ",
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        "'",
        '"',
        "#",
        "|",
        ">",
        "%",
        "@",
        "`",
    ),
    *("null", "true", "~", ".nan", ".inf", "NaN", "Infinity", "-1", "0", "0x10", "1e999", "9" * 30, "9" * 5000, "1.5"),
    *("2026-01-01", "1:30", "__source__", "50%", "-5%", "4 GiB", "../..", "$(id)", "x" * 400, "name", "hosts", "---\n"),
    *(",", ";", ",,,", '"unclosed', "\\ud800", "\\u0000", '"retired": 1, ', '"machine": {}, '),
)


def spoil(text: str, source: random.Random) -> bytes:
    """The text with a few random edits; now and then one that makes it other than UTF-8."""
    for _ in range(source.randint(1, 4)):
        start = source.randrange(len(text) + 1)
        end = min(len(text), start + source.choice((0, 1, 1, 5, 30)))
        match source.randrange(5):
            case 0:
                text = text[:start] + text[end:]
            case 1:
                text = text[:end] + text[start:]
            case 2:
                lines = text.splitlines(keepends=True)
                source.shuffle(lines)
                text = "".join(lines)
            case _:
                text = text[:start] + source.choice(TOKENS) + text[end:]
    content = text.encode(errors="surrogatepass")
    return content[:-1] + b"\xff" if source.random() < 0.02 else content


def read_catalogue(path: Path) -> object:
    return load_catalogue(only=path.parent)


LOADERS: dict[str, tuple[str, str, Callable[[Path], object]]] = {
    "spec": ("fleet.yaml", SPEC + ACCESS, load_fleet),
    "review": ("fleet.yaml", REVIEW + SPEC, load_fleet),
    "files that a spec names": ("fleet.yaml", SPEC, list_named_files),
    "baseline": ("known.json", BASELINE, read_baseline),
    "hosts": ("hosts.yaml", HOSTS, load_hosts),
    "lock": ("fleet.lock", LOCK, read_lock),
    "pins": ("fleet.hostkeys.json", f'{{\n  "btc-1.1": ["{HOST_KEY}"]\n}}\n', read_pins),
    "client": ("btcd.yml", (find_asset("ansible") / "clients" / "btcd.yml").read_text(), load_client),
    "sites": ("sites.csv", "provider,region,zone,country,latitude,capacity\nmine,r1,z1,DE,50.1,5\n", read_catalogue),
    "machines": (
        "machines.csv",
        "provider,region,machine_type,vcpus,cpu,memory_gib,usd_per_month,zones\nmine,r1,m1,4,shared,8,12.5,z1;z2\n",
        read_catalogue,
    ),
}


@pytest.mark.parametrize("name", LOADERS)
def test_a_spoilt_file_is_read_or_refused_in_words(tmp_path: Path, name: str) -> None:
    file, text, load = LOADERS[name]
    (tmp_path / "sites.csv").write_text("provider,region,zone\nmine,r1,z1\nmine,r1,z2\n")
    (tmp_path / "machines.csv").write_text("provider,region,machine_type,vcpus,cpu,memory_gib\nmine,r1,m1,4,shared,8\n")
    path = tmp_path / file
    source = random.Random(f"{name} {SEED}")
    refused = 0
    inputs = INPUTS // 8 if path.suffix in (".yaml", ".yml") else INPUTS
    for number in range(inputs):
        content = spoil(text, source)
        path.write_bytes(content)
        try:
            load(path)
        except OrchestratorError as error:
            refused += 1
            words = str(error)
            assert str(tmp_path) in words, f"input {number}: {words}"
            assert words.replace("\n", "").isprintable(), f"input {number}: {words!r}"
            assert len(words) < 20_000, f"input {number}: {len(words)} characters"
        except Exception as error:
            error.add_note(f"input {number} of seed {SEED}: {content!r}")
            raise
    assert refused > inputs / 10  # else the inputs are too tame to show anything
