"""docs/commands.md holds every command, option, exit code and JSON key."""

import re
from collections.abc import Iterator
from typing import Any

import click
import pytest

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.main import COMMANDS, root
from orchestrator.model.lock import Lock, LockHeader
from orchestrator.model.plan import Plan
from orchestrator.reconcile.status import Look, Status
from orchestrator.report.adoption import describe_import
from orchestrator.report.blast_radius import describe_simulation
from orchestrator.report.down import describe_down
from orchestrator.report.lock_diff import describe_diff
from orchestrator.report.plan import describe_plan
from orchestrator.report.recover import describe_recovery
from orchestrator.report.status import describe_status
from orchestrator.report.up import describe_up
from orchestrator.workflows.up import UpResult
from tests.unit.docs.pages import get_section, map_keys, read_page

PAGE = read_page("commands.md")
SHARED = get_section(PAGE, "## Options that commands share")
LOCK = Lock(header=LockHeader(fleet="f", revision="r", spec="s", facts="f"), machines=())
LOOK = Look({}, {})


def list_commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from list_commands(command, f"{path}{name} ")


ALL = dict(list_commands(root))


def get_command_section(path: str) -> str:
    return get_section(PAGE, f"{'#' * (2 + path.count(' '))} {path}")


def list_options(command: click.Command) -> set[str]:
    return {option for param in command.params if isinstance(param, click.Option) for option in param.opts}


def list_documented_options(section: str) -> set[str]:
    return {word for key in map_keys(section) for word in re.findall(r"--?[a-z][a-z-]*", key)}


@pytest.mark.parametrize("path", ALL)
def test_every_option_is_documented(path: str) -> None:
    own = set() if isinstance(ALL[path], click.Group) else list_documented_options(get_command_section(path))
    assert list_options(ALL[path]) - own <= list_documented_options(SHARED)
    assert own <= list_options(ALL[path]), "the page has an option that the command does not take"


def test_every_shared_option_is_taken_by_a_command() -> None:
    taken = {option for command in ALL.values() for option in list_options(command)} | {"--help", "-h"}
    assert list_documented_options(SHARED) <= taken


def test_every_default_in_the_page_is_the_option_s_own() -> None:
    defaults = {
        option: param.default for path in ("up", "rebalance") for param in ALL[path].params for option in param.opts
    }
    assert f"({defaults['--wait']:g})" in map_keys(SHARED)["--wait"][0]
    assert f"({defaults['--hold']:g})" in map_keys(get_command_section("rebalance"))["--hold"][0]


def test_every_command_is_listed_in_order() -> None:
    headings = re.findall(r"^## ([a-z]+)$", PAGE, re.MULTILINE)
    assert headings == list(COMMANDS)


def test_every_exit_code_is_documented() -> None:
    assert [int(code) for code in map_keys(get_section(PAGE, "## Exit codes"))] == [int(code) for code in ExitCode]


def build_status() -> Status:
    return Status(lock=LOCK, seen=LOOK, outages=(), concentration=(), findings=(), now=0.0)


def build_up() -> UpResult:
    return UpResult(lock=LOCK, changes=0, configured=0, failures={}, behind=(), seen=LOOK, endpoints={})


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("place", describe_plan(Plan(status="optimal"))),
        ("status", describe_status(build_status())),
        ("up", describe_up(build_up().summary)),
        ("recover", describe_recovery((), ())),
        ("down", describe_down({})),
        ("diff", describe_diff((), None, None)),
        ("import", describe_import((), {}, LOCK, ())),
        ("simulate", describe_simulation((), (), (), (), ())),
    ],
)
def test_every_json_key_is_documented(path: str, answer: dict[str, Any]) -> None:
    documented = {key for key in map_keys(get_command_section(path)) if not key.startswith("-")}
    assert documented == set(answer)
