"""What the tests of all provider modules share."""

import pytest


@pytest.fixture
def renew(request: pytest.FixtureRequest) -> bool:
    """Whether the goldens are to be written anew."""
    return bool(request.config.getoption("--renew-goldens"))
