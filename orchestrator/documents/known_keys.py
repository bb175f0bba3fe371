"""Which keys a model takes at a place in a document, so that a misspelt one can be answered with the right one."""

import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel

Location = Sequence[str | int]


def find_known_keys(annotation: Any, location: Location) -> tuple[str, ...]:
    """The keys that `annotation` (a type) takes at `location`; empty where any key goes, or none does."""
    types = list(expand(annotation))
    for step in location:
        types = [inner for outer in types for inner in descend(outer, step)]
    return tuple(sorted({key for kind in types if is_model(kind) for key in list_keys(kind)}))


def suggest(word: str, known: Iterable[str]) -> str:
    """ "did you mean …?" with the known word nearest to `word`; else what there is, where that is short; else ""."""
    words = sorted(set(known))
    near = get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?{describe_lookalikes(word)}"
    return f"one of: {', '.join(words)}" if 0 < len(words) <= 16 else ""


def describe_lookalikes(word: str) -> str:
    """The names of letters that look like others and are not: without them, two equal words seem to differ."""
    strange = sorted({letter for letter in word if letter.isalpha() and not letter.isascii()})
    names = ", ".join(f"{letter} is {unicodedata.name(letter, repr(letter))}" for letter in strange[:3])
    return f" {names}" if names else ""


def expand(annotation: Any) -> Iterable[Any]:
    """The concrete types behind unions and annotated types."""
    origin = get_origin(annotation)
    if origin is None or origin in (tuple, list, dict, frozenset):
        yield annotation
    elif hasattr(annotation, "__metadata__"):
        yield from expand(annotation.__origin__)
    else:
        for inner in get_args(annotation):
            yield from expand(inner)


def descend(kind: Any, step: str | int) -> Iterable[Any]:
    """The types one step further down from `kind`."""
    arguments = get_args(kind)
    if is_model(kind):
        field = next((f for name, f in kind.model_fields.items() if step in (name, f.alias)), None)
        if field is not None:
            yield from expand(field.annotation)
    elif get_origin(kind) is dict:
        yield from expand(arguments[1])
    elif arguments and isinstance(step, int):
        yield from expand(arguments[0])


def is_model(kind: Any) -> bool:
    """Whether `kind` is a pydantic model."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def list_keys(model: type[BaseModel]) -> Iterable[str]:
    """The keys of `model` as people write them; those that loaders add ("__source__") are left out."""
    names = (field.alias or name for name, field in model.model_fields.items())
    return (name for name in names if not name.startswith("__"))
