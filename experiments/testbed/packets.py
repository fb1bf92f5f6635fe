"""Packets as a TUN device with IFF_VNET_HDR gives them: what the relay must know of each.

    10 bytes   virtio_net_hdr: how the receiver's kernel shall finish checksums and segments
    …          an IPv4 packet, up to 64 KiB: with TSO the kernel leaves segmenting to the device

Source: RFC 791 (IPv4), RFC 9293 (TCP), RFC 792 (ICMP); linux/virtio_net.h.
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments.testbed.addresses import GATEWAY, index_of

OFFLOAD_HEADER_BYTES = 10
MAX_FRAME_BYTES = OFFLOAD_HEADER_BYTES + 2**16
_MIN_HEADER_BYTES = 20
_TCP, _ICMP = 6, 1
_SYN, _ACK = 0x02, 0x10
_UNREACHABLE, _HOST_UNREACHABLE = 3, 1
_QUOTED_BYTES = 8


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, and what follows for its forwarding."""

    frame: bytes
    """With the offload header, as it is handed on."""
    target: int | None
    """Position of the node that it is for; none if it is for nobody."""
    payload_bytes: int
    """What takes time on a wire: all but the headers of IP and TCP."""
    opens: bool
    """Whether it asks for a new connection."""


def parse(frame: bytes) -> Packet | None:
    """The packet in a frame of a TUN device; none if it is no IPv4."""
    start = OFFLOAD_HEADER_BYTES
    if len(frame) < start + _MIN_HEADER_BYTES or frame[start] >> 4 != 4:
        return None
    inner = start + (frame[start] & 15) * 4
    target = index_of(frame[start + 16 : start + 20])
    if frame[start + 9] != _TCP or len(frame) < inner + _MIN_HEADER_BYTES:
        return Packet(frame, target, max(len(frame) - inner, 0), opens=False)
    payload_bytes = len(frame) - inner - (frame[inner + 12] >> 4) * 4
    opens = frame[inner + 13] & (_SYN | _ACK) == _SYN
    return Packet(frame, target, max(payload_bytes, 0), opens)


def unreachable(packet: Packet) -> bytes:
    """The frame that tells a packet's sender that there is no way to its receiver."""
    start = OFFLOAD_HEADER_BYTES
    inner = start + (packet.frame[start] & 15) * 4
    quoted = packet.frame[start : inner + _QUOTED_BYTES]
    message = bytes((_UNREACHABLE, _HOST_UNREACHABLE, 0, 0, 0, 0, 0, 0)) + quoted
    message = message[:2] + _checksum(message) + message[4:]
    length = (_MIN_HEADER_BYTES + len(message)).to_bytes(2, "big")
    sender = packet.frame[start + 12 : start + 16]
    header = bytes((0x45, 0)) + length + bytes((0, 0, 0, 0, 64, _ICMP, 0, 0)) + GATEWAY + sender
    header = header[:10] + _checksum(header) + header[12:]
    return bytes(OFFLOAD_HEADER_BYTES) + header + message


def _checksum(data: bytes) -> bytes:
    """The Internet checksum. Source: RFC 1071."""
    padded = data + bytes(len(data) % 2)
    total = sum(int.from_bytes(padded[i : i + 2], "big") for i in range(0, len(padded), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF).to_bytes(2, "big")
