import pytest

from tests.planner.engines.partitions import make_partition


@pytest.fixture
def partition(tmp_path):
    """Three ONNX stages, the first on a phone that is half as fast, two on a server."""
    return make_partition(tmp_path)
