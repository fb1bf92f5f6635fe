"""A relay that does not answer; the real one is in test_testbed.py."""

import pytest

from experiments.testbed import TestbedError, relay_process


def test_a_relay_that_is_stuck_is_told_and_ended(monkeypatch):
    monkeypatch.setattr(relay_process, "_COMMAND", ("sleep", "60"))
    monkeypatch.setattr(relay_process, "_LONGEST_ANSWER_S", 0.2)
    monkeypatch.setattr(relay_process, "_GRACE_S", 0.1)
    with pytest.raises(TestbedError, match=r"the relay has said nothing for 0\.2 s"):
        relay_process.RelayProcess([], [])
