"""What a provider module registers, as the engine would hear it: no engine, no plug-in, no cloud."""

import difflib
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pulumi
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import set_all_config
from pulumi.runtime import test as run_to_the_end
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks

STACKS = Path(__file__).parents[3] / "stacks"
GOLDENS = Path(__file__).parents[2] / "golden" / "stacks"

# How the engine's protocol marks a secret, and what stands for a key in a golden file.
MARK = "4dabf18193072939515e22adb298388d"
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)

Registered = dict[str, dict[str, Any]]
Answer = Callable[[str, str, Mapping[str, Any]], tuple[str, dict[str, Any]]]


@contextmanager
def stacks_on_path() -> Iterator[None]:
    """The program's own folder first on the path, as the engine starts it."""
    sys.path.insert(0, str(STACKS))
    try:
        yield
    finally:
        sys.path.remove(str(STACKS))


class Cloud(Mocks):
    """Answers each create: `answer` takes type, name and inputs, and gives the id and what the cloud adds."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: Registered = {}  # calls of functions, by token

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        identifier, added = self._answer(args.typ, args.name, args.inputs)
        return identifier, {**args.inputs, **added}

    def call(self, args: MockCallArgs) -> Any:
        self.asked[args.token] = {
            "type": "a call",
            "inputs": args.args,
            "options": {"provider": read_name(args.provider)},
        }
        return {}


class Recorder(MockMonitor):
    """Notes all that the engine is told of each resource."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.registered: Registered = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the protocol's own
        """The mock's answer; the request is kept."""
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            assert request.name not in self.registered, f"two resources are named {request.name}"
            self.registered[request.name] = describe(request)
        return answer


def describe(request: Any) -> dict[str, Any]:
    """One registration as plain data; what has its default is left out."""
    options = {
        "provider": read_name(request.provider),
        "protect": request.protect,
        "retainOnDelete": request.retainOnDelete,
        "deleteBeforeReplace": request.deleteBeforeReplace,
        "ignoreChanges": sorted(request.ignoreChanges),
        "dependsOn": sorted({urn.rpartition("::")[2] for urn in request.dependencies}),
        "customTimeouts": MessageToDict(request.customTimeouts),
    }
    return {
        "type": request.type,
        "inputs": to_plain(MessageToDict(request.object)),
        "options": {name: value for name, value in options.items() if value},
    }


def read_name(reference: str) -> str:
    """The name in a reference to a provider, which is its URN and id."""
    return reference.rpartition("::")[0].rpartition("::")[2]


def to_plain(value: Any) -> Any:
    """Inputs as people read them: secrets as {"secret": value}, whole numbers as such, no private keys."""
    if isinstance(value, dict):
        if MARK in value:
            return {"secret": to_plain(value["value"])}
        return {name: to_plain(inner) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [to_plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return PRIVATE_KEY.sub("(a private key)", value.replace("\\n", "\n")) if isinstance(value, str) else value


def register(
    module: Any, declaration: Any, answer: Answer, config: Mapping[str, str] | None = None
) -> tuple[Registered, Any]:
    """What the module registers for the declaration and calls, sorted by name, and the outputs that it exports.

    `config` is the stack's configuration; secrets are told as plain text.
    """
    cloud = Cloud(answer)
    recorder = Recorder(cloud)
    set_mocks(cloud, "project", "stack", preview=False, monitor=recorder)
    set_all_config(dict(config or {}))
    outputs: dict[str, Any] = {}

    def declare() -> Any:
        own = None if declaration.layout == "accounts" else declaration.account.name
        provider = module.make_provider(declaration.account, own)
        found = module.declare(replace(declaration, provider=provider))
        return pulumi.Output.from_input(found).apply(outputs.update)

    run_to_the_end(declare)()  # type: ignore[no-untyped-call]  # the SDK's own
    return dict(sorted((recorder.registered | cloud.asked).items())), outputs


def compare(whole: Registered, other: Registered) -> dict[str, Any]:
    """By name what `other` has of each resource in another way than `whole`: None where it has it not at all."""
    differences: dict[str, Any] = {name: None for name in whole if name not in other}
    for name, resource in other.items():
        before = whole.get(name, {})
        changed = {
            part: {key: after for key, after in resource[part].items() if before.get(part, {}).get(key) != after}
            | {key: None for key in before.get(part, {}) if key not in resource[part]}
            for part in ("inputs", "options")
        }
        if any(changed.values()) or name not in whole:
            differences[name] = {part: found for part, found in changed.items() if found}
    return dict(sorted(differences.items()))


def load_module(name: str, source: str | None = None) -> ModuleType:
    """A provider module of the stacks folder, from its file or from another text of it."""
    path = STACKS / f"{name}.py"
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        exec(compile(source or path.read_text(encoding="utf-8"), str(path), "exec"), module.__dict__)
    finally:
        del sys.modules[name]
    return module


def check_golden(name: str, found: Any, renew: bool) -> None:
    """Holds what was found against tests/golden/stacks/NAME.json, or writes it there."""
    path = GOLDENS / f"{name}.json"
    text = json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if renew:
        path.write_text(text, encoding="utf-8")
    expected = path.read_text(encoding="utf-8")
    difference = difflib.unified_diff(expected.splitlines(), text.splitlines(), "golden", "registered", lineterm="")
    assert text == expected, "\n".join(difference)
