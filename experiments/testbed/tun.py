"""TUN devices: packets of a namespace's network in and out of this process.

Source: Documentation/networking/tuntap.rst and include/uapi/linux/if_tun.h of Linux.
"""

from __future__ import annotations

import fcntl
import os
import struct

from experiments.testbed.namespaces import inside_namespace

DEVICE = "/dev/net/tun"
NAME = "tun0"
_TUNSETIFF, _TUNSETOFFLOAD = 0x400454CA, 0x400454D0
_IFF_TUN, _IFF_NO_PI, _IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
_TUN_F_CSUM, _TUN_F_TSO4 = 0x01, 0x02


def open_tun(namespace: int) -> int:
    """A descriptor of a new TUN device in a namespace; the device is gone when it is closed.

    The kernel hands over segments of up to 64 KiB with checksums left open, so that one read and
    one write carry what would be 45 packets on a wire.

    Raises:
        OSError: there is no TUN driver, or no right to use it.
    """
    with inside_namespace(namespace):
        descriptor = os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        request = struct.pack("16sH22x", NAME.encode(), _IFF_TUN | _IFF_NO_PI | _IFF_VNET_HDR)
        fcntl.ioctl(descriptor, _TUNSETIFF, request)
        fcntl.ioctl(descriptor, _TUNSETOFFLOAD, _TUN_F_CSUM | _TUN_F_TSO4)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
