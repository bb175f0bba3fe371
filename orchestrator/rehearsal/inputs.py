"""Holds a resource's inputs against the types that the provider's SDK declares for them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Union, get_args, get_origin

from pulumi._types import input_type_types, is_input_type  # the SDK has no public way to ask
from pulumi.runtime.rpc import UNKNOWN  # stands for what is not known before something else exists

from orchestrator.rehearsal.told import NOT_TOLD

SCALARS = (str, bool, int, float)


def find_misfits(arguments: type[Any], inputs: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    """Each property of `inputs` that the SDK's class `arguments` does not have or has as another type, and why."""
    known = input_type_types(arguments)
    for name, value in inputs.items():
        where = f"{place}{name}"
        if name not in known:
            yield where, f"{arguments.__name__} has no property {name}"
        else:
            yield from find_type_misfits(known[name], value, where)


def list_told(arguments: type[Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a resource that nobody was told of: all properties that the SDK's class of inputs has too."""
    known = input_type_types(arguments)
    return {name: value for name, value in properties.items() if name in known and name not in NOT_TOLD}


def find_type_misfits(kind: Any, value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Where `value` is not of the SDK's type `kind`; a whole number may come as a float from the wire."""
    if value is None or value == UNKNOWN:
        return
    origin = get_origin(kind)
    if origin is Union:  # the value, an awaitable of it, or an output of it
        yield from find_type_misfits(get_args(kind)[0], value, where)
    elif origin is Sequence:
        yield from find_item_misfits(get_args(kind)[0], value, where)
    elif origin is Mapping:
        yield from find_entry_misfits(get_args(kind)[1], value, where)
    elif is_input_type(kind):
        yield from find_misfits(kind, value, f"{where}.") if isinstance(value, dict) else [(where, "must be an object")]
    elif kind in SCALARS and not is_scalar(kind, value):
        yield where, f"must be {kind.__name__}, not {type(value).__name__}"


def find_item_misfits(kind: Any, value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Where `value` is not a list of `kind`."""
    if not isinstance(value, list):
        yield where, "must be a list"
        return
    for index, item in enumerate(value):
        yield from find_type_misfits(kind, item, f"{where}[{index}]")


def find_entry_misfits(kind: Any, value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Where `value` is not a mapping to `kind`."""
    if not isinstance(value, dict):
        yield where, "must be a mapping"
        return
    for key, item in value.items():
        yield from find_type_misfits(kind, item, f"{where}.{key}")


def is_scalar(kind: type, value: Any) -> bool:
    """Whether `value`, as it came over the wire, is a `kind`."""
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    if kind is int:
        return isinstance(value, (int, float)) and float(value).is_integer()
    return isinstance(value, (int, float) if kind is float else kind)
