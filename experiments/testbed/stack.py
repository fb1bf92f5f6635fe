"""The TCP stack of a node's namespace: its address, its route, its settings."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from experiments.testbed.addresses import NETWORK, address_of
from experiments.testbed.errors import TestbedError
from experiments.testbed.namespaces import inside_namespace
from experiments.testbed.options import TestbedOptions
from experiments.testbed.tun import NAME

_BUFFERS = "4096 16777216 67108864"
"""Least, first and most bytes: 1 Gbit/s over 40 ms needs 5 MB, and has them from the start."""
_DEVICE_FRAMES = 10_000
"""Frames that the device holds while the relay is busy: many more than fit into the windows."""
_SETTINGS = {
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv4/tcp_rmem": _BUFFERS,
    "net/ipv4/tcp_wmem": _BUFFERS,
    # A connection shall not know what an earlier one has learned about the wire.
    "net/ipv4/tcp_no_metrics_save": "1",
    # No packet is ever lost, so whatever is sent twice is sent for nothing: no tail probes, and
    # no retransmission timer that a long queue could set off.
    "net/ipv4/tcp_early_retrans": "0",
}
_LEAST_TIMEOUT_S = 5


def configure(namespace: int, index: int, options: TestbedOptions) -> None:
    """Brings up the network of the node at a position; its TUN device is there already.

    Raises:
        TestbedError: the kernel refuses.
    """
    address = address_of(index)
    with inside_namespace(namespace):
        for name, value in _settings(options).items():
            _set(name, value)
        _ip(
            "link set lo up",
            f"link set {NAME} txqueuelen {_DEVICE_FRAMES} up",
            f"addr add {address}/32 dev {NAME}",
            f"route add {NETWORK} dev {NAME} src {address} rto_min {_LEAST_TIMEOUT_S}s",
        )


def _settings(options: TestbedOptions) -> dict[str, str]:
    return _SETTINGS | {
        "net/ipv4/tcp_slow_start_after_idle": str(int(options.slow_start_after_idle)),
        "net/ipv4/tcp_congestion_control": options.congestion_control,
    }


def _set(name: str, value: str) -> None:
    path = Path("/proc/sys", name)
    if "ipv6" in name and not path.exists():
        return
    try:
        path.write_text(value)
    except OSError as error:
        raise TestbedError(f"cannot set {path} to {value}: {error.strerror}") from error


def _ip(*commands: str) -> None:
    """Runs commands of iproute2 in one process, which inherits this thread's namespace."""
    done = subprocess.run(
        ["ip", "-batch", "-"],
        input="\n".join(commands) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = " ".join(done.stderr.split())
        raise TestbedError(f"`ip -batch` failed in process {os.getpid()}: {reason}")
