"""What all tests share: how many examples properties try, and renewing what goldens expect."""

import pytest
from hypothesis import settings

# `pytest --hypothesis-profile thorough` tries ten times as many, for a night; properties that say their own number
# keep it. No deadline: the machines that run this are shared, so time says nothing of one example.
settings.register_profile("quick", max_examples=50, deadline=None)
settings.register_profile("thorough", max_examples=500, deadline=None)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-goldens",
        action="store_true",
        help="Write what the commands say now over what tests/golden expects; review the diff before you commit it.",
    )
