import pytest

from experiments.link_settings import setting_named, with_links
from netmodel.cluster_file import parse_cluster

CLUSTER = parse_cluster("""
schema: partway.cluster/1
source: a
sink: a
nodes:
  - {name: a, memory: 1GiB, speed: 1}
  - {name: b, memory: 1GiB, speed: 1}
links:
  - {between: [a, b], bandwidth: 7Mbit/s, latency: 7ms}
""")


def test_every_way_to_look_at_a_link_says_the_same():
    setting = setting_named("100Mbit/s+20ms").model
    changed = with_links(CLUSTER, setting)
    assert {link.model for link in changed.links} == {setting}
    assert set(changed.link_models.values()) == {setting}


def test_a_setting_says_its_rate_and_delay_in_its_name():
    setting = setting_named("30Mbit/s+0.3ms")
    assert (setting.rate_bit_per_s, setting.delay_s) == pytest.approx((30e6, 0.3e-3))


@pytest.mark.parametrize("name", ["100Mbit/s", "+20ms", "fast+20ms", "0Mbit/s+1ms"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(SystemExit, match="write it as 100Mbit/s"):
        setting_named(name)
