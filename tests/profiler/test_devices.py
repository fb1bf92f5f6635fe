import pytest
import torch

from profiler.devices import NAMES, device_named
from profiler.devices.cuda import CudaDevice
from profiler.devices.fake import FakeDevice
from profiler.errors import BackendError


def usable(name):
    gpu = name == "cuda"
    missing = gpu and CudaDevice().skip_reason() is not None
    skip = pytest.mark.skipif(missing, reason="torch sees no CUDA device")
    return pytest.param(name, marks=[skip, pytest.mark.gpu] if gpu else [])


@pytest.mark.parametrize("name", [usable(name) for name in NAMES])
def test_a_device_has_a_name_a_processor_and_a_clock_that_moves_on(name):
    device = device_named(name)
    first = device.now_s()
    torch.ones(1000, 100, device=name).sum()
    assert device.name == name
    assert device.description()
    assert device.now_s() > first


def test_the_fake_device_moves_only_when_it_is_told_to():
    device = FakeDevice()
    assert device.now_s() == device.now_s()
    device.pass_s(1.5)
    assert device.now_s() == 1.5


def test_a_device_that_is_not_there_is_refused_with_the_reason(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BackendError, match="'cuda' cannot be used here: torch sees no CUDA device"):
        device_named("cuda")


def test_an_unknown_device_is_refused_with_the_known_ones():
    with pytest.raises(BackendError, match="unknown device 'tpu': choose one of cpu, cuda"):
        device_named("tpu")
