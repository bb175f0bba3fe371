"""Which keys a type takes at a place, and which word was meant."""

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from orchestrator.documents.known_keys import find_known_keys, suggest
from orchestrator.model.base import Frozen


class Leaf(Frozen):
    size: int
    colour: str | None = None


class Tree(Frozen):
    leaf: Leaf
    named: dict[str, Leaf]
    many: tuple[Leaf, ...] = ()
    maybe: Leaf | None = None
    noted: Annotated[Leaf | int, Field(description="x")] = 1
    renamed: Leaf | None = Field(default=None, alias="other")
    place: str = Field(default="", alias="__source__")


TREE = ("leaf", "many", "maybe", "named", "noted", "other")
LEAF = ("colour", "size")


@pytest.mark.parametrize(
    ("kind", "location", "keys"),
    [
        (Tree, (), TREE),
        (Tree, ("leaf",), LEAF),
        (Tree, ("many", 3), LEAF),
        (Tree, ("named", "anything"), LEAF),
        (Tree, ("maybe",), LEAF),
        (Tree, ("noted",), LEAF),
        (Tree, ("other",), LEAF),
        (Tree, ("named",), ()),
        (Tree, ("leaf", "size"), ()),
        (Tree, ("nothing", "here"), ()),
        (dict[str, tuple[Tree, ...]], ("a", 0, "leaf"), LEAF),
    ],
)
def test_keys_are_found_through_every_kind_of_type(kind: Any, location: tuple[str | int, ...], keys: Any) -> None:
    assert find_known_keys(kind, location) == keys


@pytest.mark.parametrize(
    ("word", "known", "answer"),
    [
        ("cuont", ["count", "clients", "chain"], "did you mean count?"),
        ("xyz", ["b", "a", "a"], "one of: a, b"),
        ("xyz", [], ""),
        ("xyz", [f"k{i}" for i in range(17)], ""),
        ("k1", [f"k{i}" for i in range(17)], "did you mean k1?"),
    ],
)
def test_suggestions(word: str, known: list[str], answer: str) -> None:
    assert suggest(word, known) == answer


@given(st.sets(st.text("abcdefgh", min_size=4, max_size=8), min_size=1), st.data())
def test_a_known_word_is_always_its_own_suggestion(known: set[str], data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(sorted(known)))
    assert suggest(word, known) == f"did you mean {word}?"
