"""Every rule that a finding can carry has an id and a page, and no id ever changes."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator.cli.check import command as check
from orchestrator.lockfile import write_lock
from orchestrator.model.rule import VERBS
from orchestrator.model.rule_ids import RULE_OF, RULES, RuleEntry, get_rule_id
from tests.unit.docs.pages import CHECKOUT, get_section, list_examples, list_rows, read_page
from tests.unit.machines import make_machine, make_small_lock
from tests.unit.model.finding_rules import find_finding_rules, read_module

# Reports and baselines out there hold these ids: add lines, never change one.
FROZEN = {
    "PLC001": "cap",
    "PLC002": "below",
    "PLC003": "skew",
    "PLC004": "min_domains",
    "PLC005": "allow",
    "PLC006": "deny",
    "PLC007": "min_nodes",
    "PLC008": "max_domains",
    "PLC009": "survive",
    "PLC010": "apart",
    "PLC011": "together",
    "PLC012": "spread",
    "PLC013": "budget",
    "PLC014": "max_moves",
    "PLC101": "fleet",
    "PLC102": "spec",
    "PLC103": "revision",
    "PLC104": "count",
    "PLC105": "node",
    "PLC106": "account",
    "PLC107": "group",
    "PLC108": "drained",
    "PLC109": "machine",
    "PLC110": "parent",
    "PLC201": "facts",
    "PLC202": "fence",
    "PLC203": "capacity",
    "PLC204": "lose",
    "PLC205": "relax",
    "PLC206": "control",
    "PLC207": "artifact",
    "PLC208": "quota",
    "PLC209": "suppression",
    "PLC210": "base",
}
NEVER_FOUND = "max_moves"  # check has nothing to hold against it
INDEX = "rules/README.md"
HEADINGS = ["## What it means", "## Example", "## What to do"]
TRIED = [entry for entry in RULES if entry.name in VERBS and entry.name != NEVER_FOUND]


def test_ids_never_change() -> None:
    assert {entry.id: entry.name for entry in RULES} == FROZEN


def test_every_rule_that_the_code_can_name_has_an_id() -> None:
    possible = {**dict.fromkeys(VERBS, "orchestrator/model/rule.py"), **find_finding_rules()}
    assert {name: where for name, where in possible.items() if name not in RULE_OF} == {}
    assert RULE_OF.keys() - possible.keys() == set(), "the code can no longer say these; their ids stay unused for good"


def test_a_name_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    path = CHECKOUT / "orchestrator" / "model" / "plan.py"
    assert list(read_module(path)) == []
    odd = Path(tmp_path / "odd.py")
    odd.write_text("def f(): return Finding(rule='a' + 'b')\n")
    with pytest.raises((AssertionError, ValueError)):
        list(read_module(odd))


def test_an_id_by_its_name() -> None:
    assert get_rule_id("cap") == "PLC001"
    with pytest.raises(KeyError):
        get_rule_id("not a rule")


def test_an_entry_s_page_follows_from_its_id() -> None:
    assert replace(RULES[0], id="PLC999").page == "docs/rules/PLC999.md"


@pytest.mark.parametrize("entry", RULES, ids=lambda entry: entry.id)
def test_every_rule_has_a_page(entry: RuleEntry) -> None:
    page = (CHECKOUT / entry.page).read_text(encoding="utf-8")
    assert page.startswith(f"# {entry.id} {entry.name}\n\n{entry.sentence}\n")
    assert f"`{entry.level}`" in page
    assert re.findall("^## .*$", page, re.MULTILINE) == HEADINGS
    assert get_section(page, "## What to do").strip().startswith(entry.advice)
    example = get_section(page, "## Example")
    finding = rf"^\S+:\d+:\d+: (error|warning): .* \[{entry.name}\]$"
    assert entry.name == NEVER_FOUND or re.search(finding, list_examples(example, "text")[-1], re.MULTILINE)


def test_every_link_leads_somewhere() -> None:
    for path in (CHECKOUT / "docs" / "rules").glob("*.md"):
        for link, heading in re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", path.read_text(encoding="utf-8")):
            target = path.parent / link
            assert target.exists(), f"{path.name}: {link}"
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert not heading or heading in {title.lower().replace(" ", "-") for title in titles}, (
                f"{path.name}: {link}"
            )


def test_every_page_is_of_a_rule_and_listed() -> None:
    pages = {path.stem for path in (CHECKOUT / "docs" / "rules").glob("PLC*.md")}
    listed = {row[0].split("]")[0].strip("["): row[1].strip("`") for row in list_rows(read_page(INDEX))}
    assert pages == listed.keys() == FROZEN.keys()
    assert listed == FROZEN


@pytest.mark.parametrize("entry", TRIED, ids=lambda entry: entry.id)
def test_a_verb_s_example_is_what_check_says(entry: RuleEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fleet of the index, with the rule of the page added, and the lock that the index speaks of."""
    page = (CHECKOUT / entry.page).read_text(encoding="utf-8")
    [rule] = list_examples(get_section(page, "## Example"), "yaml")
    [spec] = list_examples(read_page(INDEX), "yaml")
    monkeypatch.chdir(tmp_path)
    Path("fleet.yaml").write_text(spec + "".join(f"  {line}\n" for line in rule.splitlines()), encoding="utf-8")
    here = [make_machine(name, "alpha") for name in ("btc-1.1", "btc-2.1", "btc-3.1", "edge-1.1", "edge-2.1")]
    there = make_machine("btc-4.1", "beta", region="hel1", zone="hel1-dc2")
    write_lock(make_small_lock([*here, there]), Path("fleet.lock"))
    told = CliRunner().invoke(check, ["fleet.yaml"]).stdout
    [expected] = list_examples(get_section(page, "## Example"), "text")
    found = [line for line in told.splitlines() if line.endswith(f"[{entry.name}]")]
    assert [mask_prices(line) for line in found] == [mask_prices(line) for line in expected.splitlines()]


def mask_prices(line: str) -> str:
    """Without the amounts that change with the catalogue."""
    return re.sub(r": \d+\.\d\d USD/month", ": … USD/month", line)
