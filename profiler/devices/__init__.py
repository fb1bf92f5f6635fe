"""Devices: what executes, and how its time and memory are read. One file per device."""

from __future__ import annotations

from profiler.devices.interface import Device
from profiler.errors import BackendError

NAMES = ("cpu", "cuda")


def device_named(name: str) -> Device:
    """The device of that name.

    Raises:
        BackendError: unknown name, or no such device here.
    """
    device: Device
    if name == "cpu":
        from profiler.devices.cpu import CpuDevice

        device = CpuDevice()
    elif name == "cuda":
        from profiler.devices.cuda import CudaDevice

        device = CudaDevice()
    else:
        raise BackendError(f"unknown device {name!r}: choose one of {', '.join(NAMES)}")
    reason = device.skip_reason()
    if reason is not None:
        raise BackendError(f"device {name!r} cannot be used here: {reason}")
    return device
