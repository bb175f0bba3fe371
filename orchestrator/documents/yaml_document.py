"""YAML text with the place of every key and value kept; the only user of ruamel.yaml."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, ScalarEvent
from ruamel.yaml.nodes import MappingNode
from ruamel.yaml.parser import Parser
from ruamel.yaml.scanner import Scanner

from orchestrator.documents.known_keys import Location, find_known_keys, suggest
from orchestrator.documents.text_file import invalid, read_text
from orchestrator.model.errors import InvalidDocument, OrchestratorError
from orchestrator.model.source import Source

T = TypeVar("T")
Position = tuple[int, int]
Positions = Mapping[tuple[str | int, ...], Position]

DEPTH_LIMIT = 32
WRITTEN_LIMIT = 200_000  # values in a file: ten thousand groups, read in half a minute
NODE_LIMIT = 1_000_000  # aliases written out; a few short lines of them can mean more than any machine holds
RESERVED = "__"  # keys that loaders add begin so
LONGEST_VALUE_SHOWN = 80

# What to say of a value, by pydantic's own name for what is wrong: the words, then the advice.
NO_NUMBER = ("{value} is not a whole number", "write digits alone, such as 4")
NO_DECIMAL = ("{value} is not a number", "write digits, with a point where needed, such as 12.50")
NO_MAPPING = ("{value} stands where a mapping goes", "write keys and their values below it, or {{key: value}}")
EXPLANATIONS = {
    "int_type": NO_NUMBER,
    "int_parsing": NO_NUMBER,
    "int_from_float": NO_NUMBER,
    "decimal_type": NO_DECIMAL,
    "decimal_parsing": NO_DECIMAL,
    "float_type": NO_DECIMAL,
    "float_parsing": NO_DECIMAL,
    "finite_number": NO_DECIMAL,
    "bool_type": ("{value} is neither true nor false", "write true or false, without quotes"),
    "bool_parsing": ("{value} is neither true nor false", "write true or false, without quotes"),
    "string_type": ("{value} is not text", "put it in quotes"),
    "string_unicode": ("{value} is not text that can be written", "write it in plain characters"),
    "string_too_short": ("{value} is too short", "write at least {min_length} characters"),
    "string_too_long": ("{value} has more than {max_length} characters", "write a shorter one"),
    "string_pattern_mismatch": ("{value} has another form than {pattern}", "see docs/spec.md for what goes here"),
    "greater_than": ("{value} is too small: it must be above {gt}", "write a larger number"),
    "greater_than_equal": ("{value} is too small: the least is {ge}", "write a larger number"),
    "less_than": ("{value} is too large: it must be below {lt}", "write a smaller number"),
    "less_than_equal": ("{value} is too large: the most is {le}", "write a smaller number"),
    "dict_type": NO_MAPPING,
    "model_type": NO_MAPPING,
    "list_type": ("{value} stands where a list goes", "write [one, two], or a line beginning with - for each"),
    "tuple_type": ("{value} stands where a list goes", "write [one, two], or a line beginning with - for each"),
    "too_short": ("{value} has too few entries: the least is {min_length}", "add what is missing"),
    "too_long": ("{value} has too many entries: the most is {max_length}", "remove some"),
}


@dataclass(frozen=True)
class YamlDocument:
    """A YAML file as plain data, with where each key and each value stands (lines and columns from 1)."""

    path: str
    data: Any
    keys: Positions
    values: Positions

    def source_of(self, location: Location) -> Source:
        """The place of the value at `location`, or of the nearest thing around it that the file has."""
        return self._nearest(self.values, location)

    def key_source_of(self, location: Location) -> Source:
        """The place of the key at `location`, or of the nearest thing around it that the file has."""
        return self._nearest(self.keys, location)

    def with_sources(self, location: Location) -> dict[str, Any]:
        """The mapping at `location` with each of its mappings told its own place, under "__source__"."""
        inner = self._get(location)
        if not isinstance(inner, dict):
            return inner  # type: ignore[no-any-return]  # validation says what should stand here
        return {key: self.add_source(value, (*location, key)) for key, value in inner.items()}

    def add_source(self, value: Any, location: Location) -> Any:
        """`value`, told its own place if it is a mapping; anything else is left for validation to refuse."""
        return value | {"__source__": self.key_source_of(location)} if isinstance(value, dict) else value

    def validate(self, kind: Any, data: Any = None) -> Any:
        """The data as `kind` (a type); InvalidDocument with every problem, in the order of the file.

        `data` replaces the file's own data where the loader has added to it; locations must stay the same.
        """
        adapter: TypeAdapter[Any] = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
        try:
            return adapter.validate_python(self.data if data is None else data)
        except ValidationError as error:
            annotation = getattr(adapter, "_type", kind)
            details = error.errors(include_url=False)
            problems = [self._problem(detail, annotation) for detail in details if not is_other_branch(detail, details)]
            once = {str(problem): problem for problem in problems}  # a name is checked as key and as value
            raise InvalidDocument(sorted(once.values(), key=by_place)) from None

    def problem(self, location: Location, message: str, hint: str = "") -> OrchestratorError:
        """An error about the value at `location`, for checks that a type cannot express."""
        return OrchestratorError(message, hint=hint, source=self.source_of(location))

    def _nearest(self, positions: Positions, location: Location) -> Source:
        steps = tuple(location)
        while steps and steps not in positions:
            steps = steps[:-1]
        line, column = positions.get(steps, (1, 1))
        return Source(file=self.path, line=line, column=column)

    def _problem(self, detail: ErrorDetails, annotation: Any) -> OrchestratorError:
        location = self._real_location(detail["loc"])
        where = render_location(location)
        match detail["type"]:
            case "extra_forbidden":
                known = find_known_keys(annotation, location[:-1])
                hint = suggest(str(location[-1]), known)
                return OrchestratorError(f"unknown key {where}", hint=hint, source=self.key_source_of(location))
            case "missing":
                holder = self._find_mapping(detail["loc"][:-1])
                missing = render_location((*holder, detail["loc"][-1]))
                return OrchestratorError(f"{missing} is missing", hint="add it", source=self.key_source_of(holder))
            case "literal_error":
                expected = str(detail["ctx"]["expected"])
                hint = suggest(str(detail["input"]), expected.replace(" or ", ", ").replace("'", "").split(", "))
                return OrchestratorError(
                    f"{where}: {detail['input']!r} is not known here", hint=hint, source=self.source_of(location)
                )
            case _:
                message, hint = explain(detail)
                # What does not stand in the file itself (the name that an entry has from its key) is said at the key.
                added = detail["loc"][-1:] != location[-1:] and isinstance(self._get(location), dict)
                source = self.key_source_of(location) if added else self.source_of(location)
                return OrchestratorError(f"{where}: {message}", hint=hint, source=source)

    def _real_location(self, location: Location) -> tuple[str | int, ...]:
        """`location` without the segments that pydantic adds for unions and tags.

        A rule's tag is one of its keys too, so of two readings the one that goes further down, or on, is meant.
        """
        readings: list[tuple[str | int, ...]] = [()]
        for step in location:
            readings += [(*reading, step) for reading in readings if (*reading, step) in self.values]
        return max(reversed(readings), key=len)

    def _find_mapping(self, location: Location) -> tuple[str | int, ...]:
        """The mapping at `location`, or the nearest one around it where the last segments are pydantic's own."""
        real = self._real_location(location)
        while real and not isinstance(self._get(real), dict):
            real = real[:-1]
        return real

    def _get(self, location: Location) -> Any:
        inner: Any = self.data
        for step in location:
            inner = inner[step]
        return inner


def is_other_branch(detail: ErrorDetails, details: Sequence[ErrorDetails]) -> bool:
    """Whether this is what a branch of a union of a word and a mapping says of a value that is meant for the other."""
    union = detail["loc"][:-1]
    word = str(detail["loc"][-1]).startswith("literal[")  # so pydantic names the branch
    if detail["type"] == "literal_error" and word and isinstance(detail["input"], dict):
        return any(other is not detail and other["loc"][: len(union)] == union for other in details)
    return detail["type"] == "model_type" and any(
        other["type"] == "literal_error" and other["loc"][:-1] == union for other in details
    )


def explain(detail: ErrorDetails) -> tuple[str, str]:
    """What is wrong with a value, and what to do, from pydantic's account of it."""
    found = EXPLANATIONS.get(detail["type"])
    if found is None:
        return detail["msg"].removeprefix("Value error, "), ""
    message, hint = found
    return message.format(value=shorten(detail["input"]), **detail.get("ctx", {})), hint.format(**detail.get("ctx", {}))


def shorten(value: Any) -> str:
    """A value as an error shows it; what is long is cut, and a mapping or a list is named alone."""
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= LONGEST_VALUE_SHOWN else f"{text[:LONGEST_VALUE_SHOWN]}…"


def render_location(location: Location) -> str:
    """A location as people write it, "groups.btc.count"; what cannot be printed is escaped."""
    return ".".join(step if isinstance(step, str) and step.isprintable() else repr(step) for step in location)


def by_place(problem: OrchestratorError) -> tuple[int, int]:
    """Sorts problems by their place in the file."""
    return (problem.source.line, problem.source.column) if problem.source else (0, 0)


def read_yaml(path: Path) -> YamlDocument:
    """The YAML file at `path`; InvalidDocument where there is none, or it is no YAML."""
    return parse_yaml(read_text(path), path)


def parse_yaml(text: str, path: Path) -> YamlDocument:
    """The YAML document in `text`; `path` is what errors name."""
    try:
        root = build_parser().load(text)
    except DuplicateKeyError as error:
        raise InvalidDocument([describe_duplicate(error, path)]) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        source = Source.at(path, mark.line + 1, mark.column + 1) if mark else Source.at(path)
        message = f"this is not YAML: {error.problem or error.context}"
        raise InvalidDocument(
            [OrchestratorError(message, hint="check quotes and indentation", source=source)]
        ) from None
    except (YAMLError, ValueError, TypeError, RecursionError) as error:  # TypeError: a mapping, by an alias, as a key
        raise invalid(path, f"is not YAML that can be read: {first_line(error)}", "check quotes and nesting") from None
    if root is None:
        raise invalid(path, "is empty", "docs/ has examples to start from")
    count_nodes(root, {}, path)
    keys: dict[tuple[str | int, ...], Position] = {}
    values: dict[tuple[str | int, ...], Position] = {(): (1, 1)}
    for location, key, value in walk(root, (), path):
        keys[location], values[location] = key, value
        if str(location[-1]).startswith(RESERVED):
            hint = f"keys that begin with {RESERVED} are the orchestrator's own"
            source = Source.at(path, *key)
            raise InvalidDocument(
                [OrchestratorError(f"unknown key {render_location(location)}", hint=hint, source=source)]
            )
    return YamlDocument(str(path), to_plain(root), keys, values)


class _PlainComposer(Composer):
    """Refuses what ruamel.yaml would read, but no person means: aliases inside of what they name, tags, heaps."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader=loader)
        self._written = 0
        self._depth = 0

    def compose_node(self, parent: Any, index: int) -> Any:
        """Composes one node, which may be an alias."""
        event = self.parser.peek_event()
        self._written += 1
        if self._depth > DEPTH_LIMIT:
            raise ComposerError(None, None, "it nests deeper than anything it can mean", event.start_mark)
        if self._written > WRITTEN_LIMIT:
            raise ComposerError(None, None, f"the file holds more than {WRITTEN_LIMIT} values", event.start_mark)
        if isinstance(event, AliasEvent):
            named = self.anchors.get(event.anchor)
            if named is not None and named.end_mark is None:
                raise ComposerError(None, None, f"alias *{event.anchor} holds itself", event.start_mark)
        elif isinstance(parent, MappingNode) and index is None and not isinstance(event, ScalarEvent):
            raise ComposerError(None, None, "a key is text, not a mapping or a list", event.start_mark)
        elif tag := getattr(event, "tag", None):
            raise ComposerError(None, None, f"the tag {tag} has no meaning here, remove it", event.start_mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def build_parser() -> YAML:
    """A parser that keeps places, and no comments: ruamel.yaml cannot keep them wherever YAML allows them."""
    parser = YAML(typ="rt")
    parser.Scanner, parser.Parser = Scanner, Parser
    parser.Composer = _PlainComposer
    return parser


def describe_duplicate(error: DuplicateKeyError, path: Path) -> OrchestratorError:
    """The error at the second of two equal keys."""
    mark = error.problem_mark
    message = str(error.problem).partition(" with value")[0].replace("found duplicate", "there are two of")
    return OrchestratorError(
        message, hint="rename or remove one", source=Source.at(path, mark.line + 1, mark.column + 1)
    )


def first_line(error: BaseException) -> str:
    """The first line of what an error says."""
    return (str(error) or type(error).__name__).splitlines()[0]


def count_nodes(node: Any, known: dict[int, int], path: Path) -> int:
    """How many values `node` means, aliases written out; refused above NODE_LIMIT. `known` are counts by identity."""
    if not isinstance(node, (CommentedMap, CommentedSeq)):
        return 1
    if id(node) not in known:
        inner = node.values() if isinstance(node, CommentedMap) else node
        known[id(node)] = 1 + sum(count_nodes(value, known, path) for value in inner)
        if known[id(node)] > NODE_LIMIT:
            raise invalid(path, "means far more than it says: its aliases multiply", "write it out", node.lc.line + 1)
    return known[id(node)]


def walk(
    node: Any, location: tuple[str | int, ...], path: Path
) -> Iterator[tuple[tuple[str | int, ...], Position, Position]]:
    """Every key and item below `node`: its location, where its key stands, where its value stands."""
    if len(location) > DEPTH_LIMIT:
        raise invalid(
            path,
            "nests deeper than anything it can mean",
            "see docs/ for what goes where",
            node.lc.line + 1,
        )
    if isinstance(node, CommentedMap):
        for key in node:
            if not isinstance(key, str):
                raise invalid(path, f"has a key that is not text: {key!r}", "put it in quotes", node.lc.line + 1)
            own = node.lc.data is not None and key in node.lc.data
            key_at = node.lc.key(key) if own else (node.lc.line, node.lc.col)  # merged keys have no place of their own
            value_at = node.lc.value(key) if own else key_at
            yield (*location, key), (key_at[0] + 1, key_at[1] + 1), (value_at[0] + 1, value_at[1] + 1)
            yield from walk(node[key], (*location, key), path)
    elif isinstance(node, CommentedSeq):
        for index, item in enumerate(node):
            own = node.lc.data is not None and index in node.lc.data
            line, column = node.lc.item(index) if own else (node.lc.line, node.lc.col)  # tagged lists keep no places
            yield (*location, index), (line + 1, column + 1), (line + 1, column + 1)
            yield from walk(item, (*location, index), path)


def to_plain(node: Any) -> Any:
    """The same data in plain dicts, lists and scalars."""
    if isinstance(node, CommentedMap):
        return {key: to_plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [to_plain(item) for item in node]
    for plain in (bool, int, float, str):
        if isinstance(node, plain):
            return plain(node)
    return node
