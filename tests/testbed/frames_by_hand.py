"""TCP frames as a TUN device would give them."""

from experiments.testbed.addresses import packed_address_of
from experiments.testbed.packets import OFFLOAD_HEADER_BYTES, Packet

SYN, ACK = 0x02, 0x10


def tcp_frame(source, target, n_bytes, flags=ACK, *, options=12):
    """Offload header, IPv4, TCP with options, payload."""
    tcp = (
        bytes((0x12, 0x34, 0, 80)) + bytes(8) + bytes(((20 + options) // 4 << 4, flags)) + bytes(6)
    )
    tcp += bytes(options + n_bytes)
    length = (20 + len(tcp)).to_bytes(2, "big")
    ip = bytes((0x45, 0)) + length + bytes((0, 0, 0x40, 0, 64, 6, 0, 0))
    addresses = packed_address_of(source) + packed_address_of(target)
    return bytes(OFFLOAD_HEADER_BYTES) + ip + addresses + tcp


def packet(target, n_bytes, *, opens=False, mark=0):
    """A packet with nothing in it but a mark."""
    return Packet(frame=bytes((mark,)), target=target, payload_bytes=n_bytes, opens=opens)
