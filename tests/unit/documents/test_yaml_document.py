"""YAML with places: where everything stands, and what each kind of mistake is answered with."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.documents.yaml_document import DEPTH_LIMIT, YamlDocument, parse_yaml, read_yaml
from orchestrator.model.base import Frozen
from orchestrator.model.errors import InvalidDocument
from orchestrator.model.rule import Rule

PATH = Path("fleet.yaml")


class Need(Frozen):
    cpus: int
    kind: Literal["fast", "slow"] = "fast"


class Kind(Frozen):
    name: str
    need: Need
    tags: tuple[str, ...] = ()


def complain(text: str, kind: Any = Kind) -> list[str]:
    with pytest.raises(InvalidDocument) as caught:
        parse_yaml(text, PATH).validate(kind)
    return str(caught.value).splitlines()


def test_places_count_from_one() -> None:
    document = parse_yaml("# a comment\nname: x\nneed:\n    cpus:   4\ntags: [a, bb, c]\n", PATH)
    assert document.data == {"name": "x", "need": {"cpus": 4}, "tags": ["a", "bb", "c"]}
    assert str(document.key_source_of(("need", "cpus"))) == "fleet.yaml:4:5"
    assert str(document.source_of(("need", "cpus"))) == "fleet.yaml:4:13"
    assert str(document.source_of(("tags", 1))) == "fleet.yaml:5:11"
    assert str(document.source_of(("need", "memory", "deeper"))) == "fleet.yaml:4:5"  # the nearest thing around it
    assert str(document.source_of(("nowhere",))) == "fleet.yaml:1:1"


def test_what_is_told_its_place_is_told_that_of_its_key() -> None:
    document = parse_yaml("groups:\n  btc: {count: 1}\n  eth: 5\n", PATH)
    told = document.with_sources(("groups",))
    assert str(told["btc"]["__source__"]) == "fleet.yaml:2:3"
    assert told["btc"]["count"] == 1
    assert told["eth"] == 5
    unfit: Any = document.with_sources(("groups", "eth"))
    assert unfit == 5  # left for validation to refuse


def test_values_are_plain() -> None:
    data = parse_yaml("a: 1\nb: 1.5\nc: 'x'\nd: |\n  y\ne: true\nf: null\ng: NO\nh: [1, {i: 2}]\n", PATH).data
    assert data == {"a": 1, "b": 1.5, "c": "x", "d": "y\n", "e": True, "f": None, "g": "NO", "h": [1, {"i": 2}]}
    kinds = [bool, dict, float, int, list, str, type(None)]
    assert sorted({type(value) for value in data.values()}, key=str) == sorted(
        (kind for kind in kinds if kind is not dict), key=str
    )


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("name: x\nneed: {cpus: 1}\nnmae: y\n", ["fleet.yaml:3:1: unknown key nmae (did you mean name?)"]),
        ("name: x\nneed: {cpus: 1, cpu: 2}\n", ["fleet.yaml:2:17: unknown key need.cpu (did you mean cpus?)"]),
        ("name: x\nneed: {}\n", ["fleet.yaml:2:1: need.cpus is missing (add it)"]),
        ("name: x\n", ["fleet.yaml:1:1: need is missing (add it)"]),
        (
            "name: x\nneed:\n  cpus: 1\n  kind: fsat\n",
            ["fleet.yaml:4:9: need.kind: 'fsat' is not known here (did you mean fast?)"],
        ),
        (
            "name: x\nneed:\n  cpus: 1\n  kind: red\n",
            ["fleet.yaml:4:9: need.kind: 'red' is not known here (one of: fast, slow)"],
        ),
        (
            "name: [1]\nneed: {cpus: many}\n",
            [
                "fleet.yaml:1:7: name: a list is not text (put it in quotes)",
                "fleet.yaml:2:14: need.cpus: 'many' is not a whole number (write digits alone, such as 4)",
            ],
        ),
        (
            "tags: [a, 5]\nname: x\nneed: {cpus: 1}\n",
            ["fleet.yaml:1:11: tags.1: 5 is not text (put it in quotes)"],
        ),
        ('"a\\nb": 1\nname: x\nneed: {cpus: 1}\n', ["fleet.yaml:1:1: unknown key 'a\\nb' (one of: name, need, tags)"]),
    ],
)
def test_each_mistake_is_said_at_its_place(text: str, errors: list[str]) -> None:
    assert complain(text) == errors


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ("{cap: 34%, per: acount}", "1:21: rules.0.per: 'acount' is no kind of domain; did you mean account?"),
        ("{cap: 34%, pr: account}", "1:5: rules.0.per is missing (add it)"),
        ("{cap: 34%, per: account, lvel: error}", "1:30: unknown key rules.0.lvel (did you mean level?)"),
        ("{per: account, cap: 200%}", "1:25: rules.0.cap: a share lies above 0% and at most at 100%, not at 200%"),
        ("{cap: 1, per: account, of: {grup: a}}", "1:33: unknown key rules.0.of.grup (did you mean group?)"),
        ("{cap: 1, per: account, of: fleat}", "1:32: rules.0.of: 'fleat' is not known here (did you mean fleet?)"),
        (
            "{skew: true, per: account}",
            "1:12: rules.0.skew: True is not a whole number (write digits alone, such as 4)",
        ),
    ],
)
def test_mistakes_in_rules_are_said_at_the_key_and_not_at_the_verb(rule: str, error: str) -> None:
    document = parse_yaml(f"r: [{rule}]\n", PATH)
    assert document.key_source_of(("r", 0)).column == 5
    rules = [document.add_source(document.data["r"][0], ("r", 0))]
    with pytest.raises(InvalidDocument) as caught:
        document.validate(dict[Literal["r"], tuple[Rule, ...]], {"r": rules})
    wanted = [] if "pr:" not in rule else ["fleet.yaml:1:16: unknown key rules.0.pr (did you mean per?)"]
    assert str(caught.value).replace("r.0", "rules.0").splitlines() == [f"fleet.yaml:{error}", *wanted]


def test_problems_come_in_the_order_of_the_file() -> None:
    lines = complain("zz: 1\nneed: {cpus: x}\nname: []\naa: 2\n")
    assert [line.split(":")[1] for line in lines] == ["1", "2", "3", "4"]


def test_data_that_a_loader_adds_is_validated_at_the_files_places() -> None:
    document = parse_yaml("need: {cpus: 1}\nextra: no\n", PATH)
    with pytest.raises(InvalidDocument, match=r"fleet\.yaml:2:1: unknown key extra"):
        document.validate(Kind, {**document.data, "name": "x"})


def test_an_alias_stands_for_what_it_names() -> None:
    document = parse_yaml("a: &x {cpus: 4}\nb: *x\n", PATH)
    assert document.data["b"] == {"cpus": 4}
    assert document.source_of(("b", "cpus")).line == 1


def test_a_merge_key_fills_in_and_gives_way() -> None:
    document = parse_yaml("base: &x {cpus: 4, kind: slow}\nneed:\n  <<: *x\n  kind: fast\n", PATH)
    assert document.data["need"] == {"cpus": 4, "kind": "fast"}
    assert str(document.source_of(("need", "kind"))) == "fleet.yaml:4:9"
    assert document.source_of(("need", "cpus")).line == 3  # a merged key has no place of its own


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: &x [*x]\n", "fleet.yaml:1:8: this is not YAML: alias *x holds itself"),
        ("a: &x\n  b: {c: *x}\n", "fleet.yaml:2:10: this is not YAML: alias *x holds itself"),
        ("a: &x\n  <<: *x\n", "fleet.yaml:2:7: this is not YAML: alias *x holds itself"),
        ("a: *x\n", "fleet.yaml:1:4: this is not YAML: found undefined alias"),
        ("a: 1\na: 2\n", 'fleet.yaml:2:1: there are two of key "a" (rename or remove one)'),
        ("a: [1\n", "fleet.yaml:2:1: this is not YAML"),
        ("a: 'x\n", "fleet.yaml:2:1: this is not YAML"),
        ("a:\n\t- x\n", "fleet.yaml:2:1: this is not YAML"),
        ("a: 1\n---\nb: 2\n", "fleet.yaml:2:1: this is not YAML: but found another document"),
        ("", "fleet.yaml:1:1: fleet.yaml is empty"),
        ("# nothing\n", "fleet.yaml:1:1: fleet.yaml is empty"),
        ("null\n", "fleet.yaml:1:1: fleet.yaml is empty"),
        ("a: \x07\n", "fleet.yaml:1:1: fleet.yaml is not YAML that can be read"),
        ("a: {__source__: 1}\n", "fleet.yaml:1:5: unknown key a.__source__"),
        (f"a: {'[' * 40}{']' * 40}\n", "fleet.yaml:1:36: this is not YAML: it nests deeper"),
        (f"a: {'[' * 1000}{']' * 1000}\n", "fleet.yaml:1:36: this is not YAML: it nests deeper"),
    ],
)
def test_what_is_no_yaml_is_one_error(text: str, error: str) -> None:
    (line,) = complain(text)
    assert line.startswith(error)


def test_a_few_lines_of_aliases_cannot_mean_more_than_memory_holds() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    (line,) = complain("\n".join(lines))
    assert "its aliases multiply" in line


@pytest.mark.parametrize(
    "text",
    ["a: !!python/object/apply:os.system ['echo hi']\n", "a: !foo [1]\n", "a: !!set {x, y}\n", "a: !!str 5\n"],
)
def test_tags_run_nothing_and_are_refused(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidDocument, match=r"fleet\.yaml:1:4: this is not YAML: the tag \S+ has no meaning here"):
        parse_yaml(text, PATH)
    assert capfd.readouterr().out == ""


def test_reading_says_the_whole_path(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text("a: 1\n")
    assert str(read_yaml(path).source_of(("a",))) == f"{path}:1:4"


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8)
)
keys = st.text("abcdefgh", min_size=1, max_size=5)
trees = st.dictionaries(
    keys,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)),
    min_size=1,
    max_size=5,
)


def write(tree: Any, tmp: Path) -> YamlDocument:
    tmp.write_text(
        json.dumps(tree, indent=2, ensure_ascii=False), encoding="utf-8"
    )  # JSON is YAML, and its writer quotes what it must
    return read_yaml(tmp)


@given(trees)
def test_whatever_is_written_is_read_back_with_every_place(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "tree.yaml"
    document = write(tree, path)
    assert document.data == tree
    lines = path.read_text(encoding="utf-8").splitlines()
    for location, (line, column) in document.keys.items():
        if isinstance(location[-1], str):
            assert lines[line - 1][column - 1 :].lstrip("'\"").startswith(location[-1])
    assert max(map(len, document.values)) <= DEPTH_LIMIT
