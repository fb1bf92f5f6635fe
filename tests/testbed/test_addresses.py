from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.testbed.addresses import (
    GATEWAY,
    MAX_NODES,
    address_of,
    index_of,
    packed_address_of,
)


def test_addresses_count_from_one_across_bytes():
    assert [address_of(i) for i in (0, 253, 254, 255)] == [
        "10.77.0.1",
        "10.77.0.254",
        "10.77.0.255",
        "10.77.1.0",
    ]


@settings(deadline=None)
@given(st.integers(0, MAX_NODES - 1))
def test_every_node_has_an_address_that_leads_back_to_it(index):
    packed = packed_address_of(index)
    assert index_of(packed) == index
    assert ".".join(map(str, packed)) == address_of(index)
    assert packed != GATEWAY


def test_other_networks_are_nobodys():
    assert index_of(bytes((10, 78, 0, 1))) is None
    assert index_of(b"") is None
