"""What all tests share: how many examples properties try, renewing goldens, and which worker takes which file when."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

TESTS = Path(__file__).parent

# With --no-loadscope-reorder workers take files in this order. A file of minutes that is left to the end keeps all
# but one of them waiting.
LONGEST_FIRST = ("e2e", "stacks", "machines", "toolchains", "browser", "unit")
# They share the fleet of tests/stacks/conftest.py, which is up once if one worker takes them all.
SHARED_FLEET = tuple(f"tests/stacks/test_{name}.py" for name in ("declaration", "guards", "isolation", "lifecycle"))

# `pytest --hypothesis-profile thorough` tries ten times as many, for a night; properties that say their own number
# keep it. No deadline: the machines that run this are shared, so time says nothing of one example.
settings.register_profile("quick", max_examples=50, deadline=None, derandomize=True)  # the same cases for everyone
settings.register_profile("thorough", max_examples=500, deadline=None)
# tools/mutate: that a test fails is enough to know, and most mutants that live are tried with all tests.
settings.register_profile(
    "mutants", settings.get_profile("quick"), phases=(Phase.explicit, Phase.generate), report_multiple_bugs=False
)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-goldens",
        action="store_true",
        help="Write what the commands say now over what tests/golden expects; review the diff before you commit it.",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST_FIRST.index(item.path.relative_to(TESTS).parts[0]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With --dist loadfile: a file is one worker's, and so are all files that share a fleet."""
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415  # where xdist is not asked for, nobody needs it

    class ByFleet(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return SHARED_FLEET[0] if file in SHARED_FLEET else file

    return ByFleet(config, log) if config.getvalue("dist") == "loadfile" else None
