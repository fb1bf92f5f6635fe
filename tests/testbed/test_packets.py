from experiments.testbed.addresses import GATEWAY, packed_address_of
from experiments.testbed.packets import OFFLOAD_HEADER_BYTES, parse, unreachable
from tests.testbed.frames_by_hand import ACK, SYN, tcp_frame


def test_only_what_follows_the_headers_counts():
    packet = parse(tcp_frame(0, 4, 1448))
    assert (packet.target, packet.payload_bytes, packet.opens) == (4, 1448, False)
    assert parse(tcp_frame(0, 4, 1448, options=0)).payload_bytes == 1448


def test_a_bare_acknowledgement_has_no_payload():
    assert parse(tcp_frame(0, 1, 0)).payload_bytes == 0


def test_only_the_first_segment_of_a_connection_opens_it():
    assert parse(tcp_frame(0, 1, 0, SYN)).opens
    assert not parse(tcp_frame(0, 1, 0, SYN | ACK)).opens


def test_what_is_not_ipv4_is_no_packet():
    frame = bytearray(tcp_frame(0, 1, 10))
    frame[OFFLOAD_HEADER_BYTES] = 0x60
    assert parse(bytes(frame)) is None
    assert parse(b"") is None


def test_datagrams_count_from_their_own_header_on():
    frame = bytearray(tcp_frame(0, 1, 100, options=0))
    frame[OFFLOAD_HEADER_BYTES + 9] = 17
    assert parse(bytes(frame)).payload_bytes == 120


def internet_sum(data):
    """Ones' complement sum of 16-bit words: all ones where the checksum among them is right."""
    total = sum(int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_the_sender_of_a_lost_packet_hears_of_it():
    lost = tcp_frame(2, 7, 500, SYN)
    answer = unreachable(parse(lost))[OFFLOAD_HEADER_BYTES:]
    ip, icmp = answer[:20], answer[20:]
    assert ip[12:16] == GATEWAY
    assert ip[16:20] == packed_address_of(2)
    assert int.from_bytes(ip[2:4], "big") == len(answer)
    assert icmp[:2] == bytes((3, 1))
    assert icmp[8:] == lost[OFFLOAD_HEADER_BYTES:][:28]
    assert internet_sum(ip) == internet_sum(icmp) == 0xFFFF
