import pytest

from experiments.families.contenders import Way, contenders
from experiments.families.family_rows import misfit_row
from experiments.link_settings import setting_named
from netmodel.cluster import Cluster, Link, Node
from tests.planner.test_records import two_block_profile

SETTING = "1Mbit/s+100ms"
SLOWER = "1Mbit/s+200ms"


@pytest.fixture
def two_functions():
    """Two equal nodes. With a margin of 7 + 0.5 of all that is kept, block 0 needs
    7 + 1.5 · (100 + 12 + 30) + 8 = 228 bytes, block 1 7 + 1.5 · (100 + 24 + 20) + 8 = 231, and
    both together 7 + 1.5 · (100 + 36 + 30) + 8 = 264."""
    nodes = tuple(Node(name=name, memory_bytes=1000, speed=1.0) for name in "ab")
    ends = (("a", "b"), ("b", "a"))
    model = setting_named(SETTING).model
    links = tuple(Link(source=source, target=target, model=model) for source, target in ends)
    return Cluster(source="a", sink="a", nodes=nodes, links=links)


def found(cluster, cap_bytes, links=(SETTING,)):
    fits = {link: setting_named(link).model for link in links}
    return list(contenders("two", two_block_profile(), cluster, caps_bytes=[cap_bytes], fits=fits))


def test_a_model_that_fits_whole_is_run_whole_and_in_no_other_way(two_functions):
    (only,) = found(two_functions, 264)
    assert (only.way, only.stages) == (Way.BEST, ((), ("a",)))


def test_a_model_that_fits_in_parts_only_is_also_tried_whole(two_functions):
    split, whole = found(two_functions, 263)
    assert (split.way, split.stages[0]) == (Way.BEST, (1,))
    assert (whole.way, whole.stages) == (Way.WHOLE, ((), ("a",)))
    assert whole.document.estimate.missing_bytes == {"a": 1}
    assert {node.memory_bytes for node in split.links.nodes} == {263}


def test_a_model_that_fits_in_no_way_says_so_in_its_row(two_functions):
    nothing, whole = found(two_functions, 230)
    assert (nothing.feasible, whole.feasible) == (False, True)
    row = misfit_row(nothing)
    assert row.result.startswith("infeasible: ")
    assert (row.parts, row.predicted_s, row.measured_s) == (None, None, None)


def test_every_link_has_a_plan_of_its_own_and_the_whole_one_try(two_functions):
    each = found(two_functions, 263, links=(SETTING, SLOWER))
    assert [(one.link, one.way) for one in each] == [
        (SETTING, Way.BEST),
        (SLOWER, Way.BEST),
        (SETTING, Way.WHOLE),
    ]
    fast, slow = (one.document.estimate.latency_s for one in each[:2])
    assert slow - fast == pytest.approx(0.2)  # there and back
