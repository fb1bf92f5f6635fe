from experiments.link_settings import SETTINGS, with_links
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
    setting = SETTINGS[0].model
    changed = with_links(CLUSTER, setting)
    assert {link.model for link in changed.links} == {setting}
    assert set(changed.link_models.values()) == {setting}
