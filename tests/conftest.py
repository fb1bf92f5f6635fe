"""What tests of every folder may ask for."""

import os

import pytest

from experiments.testbed import skip_reason


@pytest.fixture(scope="session")
def needs_testbed():
    """Skips where no testbed can be built; in CI, where one must be possible, that is a failure."""
    reason = skip_reason()
    if reason is not None:
        if os.environ.get("CI"):
            pytest.fail(f"CI must be able to build a testbed, but {reason}")
        pytest.skip(reason)
