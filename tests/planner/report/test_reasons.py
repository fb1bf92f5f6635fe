"""Why the plan is as it is, on the page."""

import re

import pytest

from planner.report.reasons import reasons_part
from tests.planner.report.report_records import full_content


def test_the_memory_of_a_node_is_filled_as_far_as_it_is_used():
    """100 MiB of 100 MiB, which binds, and 49 MiB of 10⁹ bytes."""
    page = reasons_part(full_content())
    fills = re.findall(r'<span class="(use[^"]*)"><i style="width:([\d.]+)%">', page)
    assert [look for look, _ in fills] == ["use full", "use"]
    assert [float(width) for _, width in fills] == pytest.approx(
        [100.0, 49 * 2**20 / 1e9 * 100], abs=0.01
    )
