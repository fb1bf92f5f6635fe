"""Probes over the loopback, and places that do not answer as they should."""

import socket
import threading
import time
from contextlib import closing

import numpy as np
import pytest

from planner import api
from planner.engines import probing
from planner.engines.hosts import THIS_MACHINE
from planner.errors import PlannerError, ProbeError
from planner.runtime import probe_messages
from planner.runtime.connection import LOOPBACK, connect, listen
from planner.runtime.errors import ConnectionLost
from planner.runtime.frames import Frame, encode
from planner.runtime.probe_server import ProbeServer

PATIENT_S = 120.0
"""For what must end well before it."""
SHORT_S = 30.0
"""For probes that succeed: they send as much as there is time for."""


@pytest.fixture
def server():
    """A server in a thread; the port, and why clients were given up."""
    ends = []
    listener = listen()
    served = ProbeServer(listener, ends.append)

    def serve():
        try:
            served.serve()
        except OSError:  # the listener was closed
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], ends
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


@pytest.fixture
def bad_place():
    """Starts a place that does the given thing with every connection; returns its port."""
    listeners = []

    def start(behave):
        listener = listen()
        listeners.append(listener)

        def run():
            while True:
                try:
                    connection, _ = listener.accept()
                    with connection:
                        behave(connection)
                except OSError:
                    if listener.fileno() < 0:
                        return

        threading.Thread(target=run, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    for listener in listeners:
        listener.close()


def answers(port, n_bytes=5, payload=7):
    """Whether a server answers a good client."""
    with connect(port, deadline_s=time.monotonic() + PATIENT_S) as client:
        client.send(probe_messages.request(np.zeros(payload, np.uint8), n_bytes))
        received = client.receive(deadline_s=time.monotonic() + PATIENT_S)
    return received.frame.payload_bytes == n_bytes


def test_a_loopback_is_measured_both_ways(server):
    port, ends = server
    found = api.probe(LOOPBACK, port, ("a", "b"), deadline_s=SHORT_S)
    assert found.rounds >= 3
    assert [(link.source, link.target) for link in found.links] == [("a", "b"), ("b", "a")]
    for link in found.links:
        assert link.fit.n_warm >= 9
        assert link.fit.model.transfer_s(np.array([64]))[0] > 0
    assert not ends
    assert answers(port)


def test_a_link_between_two_hosts_is_measured_by_a_server_of_its_own():
    found = api.probe_between(THIS_MACHINE, "a", "b", deadline_s=SHORT_S)
    assert [(link.source, link.target) for link in found.links] == [("a", "b"), ("b", "a")]


def test_a_server_outlives_bad_clients(server):
    port, ends = server
    with socket.create_connection((LOOPBACK, port)) as garbage:
        garbage.sendall(b"GET / HTTP/1.1\r\n\r\n")
        garbage.recv(1)
    with socket.create_connection((LOOPBACK, port)) as partial:
        partial.sendall(b"PWF")
    assert answers(port)
    assert len(ends) == 2


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (probe_messages.request(np.zeros(1, np.uint8), probe_messages.MOST_BYTES + 1), "asks for"),
        (Frame(meta={"probe": 1, "answer_bytes": -1}), "asks for -1"),
        (Frame(meta={"probe": 1, "answer_bytes": True}), "asks for True"),
        (Frame(meta={"probe": 2, "answer_bytes": 1}), "no probe message of version 1"),
        (Frame(meta={"trace": []}), "no probe message"),
        (
            Frame({"x": np.zeros(probe_messages.MOST_BYTES + 1, np.uint8)}, {"probe": 1}),
            "announces",
        ),
    ],
)
def test_what_is_no_request_is_refused_with_the_reason(server, frame, reason):
    port, _ = server
    with connect(port, deadline_s=time.monotonic() + PATIENT_S) as client:
        try:
            client.send(frame, deadline_s=time.monotonic() + PATIENT_S)
            received = client.receive(deadline_s=time.monotonic() + PATIENT_S)
        except ConnectionLost:
            assert frame.payload_bytes > probe_messages.MOST_BYTES  # closed before it was all sent
            return
    assert reason in received.frame.meta["refused"]
    assert answers(port)


def test_a_silent_client_is_given_up(monkeypatch, server):
    port, ends = server
    monkeypatch.setattr(probe_messages, "TOLERANCE", probe_messages.Tolerance(silence_s=0.3))
    # The waiting `accept` still has the old tolerance: use it up.
    assert answers(port)
    with socket.create_connection((LOOPBACK, port)):
        assert answers(port)
    assert any("given up" in end for end in ends)


def test_nobody_there_is_told(bad_place):
    with closing(listen()) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ProbeError, match="refused; start `partway probe serve`"):
        api.probe(LOOPBACK, port, deadline_s=PATIENT_S)


@pytest.mark.parametrize(
    ("behave", "message"),
    [
        (lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n"), "not a frame"),
        (lambda connection: connection.recv(1), "closed the connection|gone|failed"),
        (lambda connection: connection.sendall(b"PWF"), "the connection ended|truncated|failed"),
    ],
    ids=["garbage", "closes", "ends within a frame"],
)
def test_a_place_that_answers_wrongly_is_told(bad_place, behave, message):
    with pytest.raises(ProbeError, match=message):
        api.probe(LOOPBACK, bad_place(behave), deadline_s=PATIENT_S)


def test_a_silent_place_is_told_within_the_deadline():
    start_s = time.monotonic()
    with listen() as listener, pytest.raises(ProbeError, match="no message was answered within"):
        api.probe(LOOPBACK, listener.getsockname()[1], deadline_s=1.0)
    assert time.monotonic() - start_s < PATIENT_S


def test_a_place_that_closes_in_the_middle_of_a_transfer_is_told(bad_place):
    def behave(connection):
        if connection.recv(4096):
            answer = encode(probe_messages.answer(np.zeros(100, np.uint8)))
            connection.sendall(b"".join(map(bytes, answer))[:-40])

    with pytest.raises(ProbeError, match="127"):
        api.probe(LOOPBACK, bad_place(behave), deadline_s=PATIENT_S)


def test_a_deadline_that_no_probe_can_have_is_refused():
    for deadline_s in (0.0, 1e9):
        with pytest.raises(PlannerError, match="cannot have"):
            probing.probe_place(LOOPBACK, 1, ("a", "b"), deadline_s=deadline_s)


def test_an_unknown_name_is_told():
    with pytest.raises(ProbeError, match="cannot find"):
        api.probe("no-such-host.invalid", 1, deadline_s=PATIENT_S)
