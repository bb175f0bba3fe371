"""The names that findings can carry in `rule`, read from the code that makes them; what cannot be read is an error."""

import ast
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[3] / "orchestrator"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def find_finding_rules(package: Path = PACKAGE) -> Mapping[str, str]:
    """Each name with the file and line where the code gives it to a finding; `Finding.of` gives a rule's own verb."""
    return {name: where for path in sorted(package.rglob("*.py")) for name, where in read_module(path)}


def read_module(path: Path) -> Iterator[tuple[str, str]]:
    """The names in one module; AssertionError where one is neither written out, a constant, nor an argument there."""
    text = path.read_text(encoding="utf-8")
    if "Finding" not in text and '"rule"' not in text:  # names of rules get into findings by these words alone
        return
    tree = ast.parse(text)
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    for value in find_values(tree):
        place = f"{path.relative_to(PACKAGE.parent)}:{value.lineno}"
        yield from ((name, place) for name in resolve(value, path, tree, functions))


def find_values(tree: ast.AST) -> Iterator[ast.expr]:
    """The expressions that become a finding's `rule`."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        called = ast.unparse(call.func)
        if called == "Finding" or called.endswith(".Finding"):
            yield from (word.value for word in call.keywords if word.arg == "rule")
        elif called == "Finding.model_validate":
            yield from find_keys(call.args[0])
        elif called.endswith(".model_copy"):
            yield from (each for word in call.keywords if word.arg == "update" for each in find_keys(word.value))
        elif called in ("replace", "dataclasses.replace"):
            yield from (word.value for word in call.keywords if word.arg == "rule")


def find_keys(value: ast.expr) -> Iterator[ast.expr]:
    assert isinstance(value, ast.Dict) or "rule" not in ast.unparse(value), ast.unparse(value)
    if isinstance(value, ast.Dict):
        for key, each in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "rule":
                yield each


def resolve(value: ast.expr, path: Path, tree: ast.AST, functions: list[Function]) -> Iterator[str]:
    """The names that an expression can have."""
    if isinstance(value, ast.Constant):
        yield str(value.value)
        return
    assert isinstance(value, ast.Name), f"{path}:{value.lineno}: {ast.unparse(value)} is no name of a rule that is seen"
    owner = next((each for each in functions if value in ast.walk(each) and value.id in list_params(each)), None)
    if owner is None:
        module = import_module(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
        yield getattr(module, value.id)
        return
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if ast.unparse(call.func) == owner.name:
            yield from resolve(get_argument(call, owner, value.id), path, tree, functions)


def list_params(function: Function) -> list[str]:
    return [each.arg for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def get_argument(call: ast.Call, function: Function, name: str) -> ast.expr:
    named = {word.arg: word.value for word in call.keywords}
    return named[name] if name in named else call.args[list_params(function).index(name)]
