"""Probes over the loopback, and places that do not answer as they should."""

import socket
import threading
import time
from contextlib import ExitStack, closing, suppress

import numpy as np
import pytest

from planner import api
from planner.engines import probing
from planner.engines.hosts import THIS_MACHINE, ThisMachine
from planner.errors import PlannerError, ProbeError
from planner.runtime import frames, probe_messages, probe_server, probe_wire
from planner.runtime.connection import LOOPBACK, connect, listen
from planner.runtime.errors import ConnectionLost, FrameError
from planner.runtime.frames import Frame, encode
from planner.runtime.probe_server import ProbeServer
from planner.runtime.probe_wire import ProbeWire

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
                except (OSError, FrameError):
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


def test_a_silent_place_is_told_by_the_deadline():
    with listen() as listener, pytest.raises(ProbeError, match="no message was answered within"):
        api.probe(LOOPBACK, listener.getsockname()[1], deadline_s=1.0)


def test_a_silent_place_is_told_before_a_late_deadline(monkeypatch):
    monkeypatch.setattr(probe_messages, "LONGEST_SILENCE_S", 0.3)
    with listen() as listener, pytest.raises(ProbeError, match=r"nothing was answered within 0\.3"):
        api.probe(LOOPBACK, listener.getsockname()[1], deadline_s=PATIENT_S)


def take_request(connection):
    """Receives one whole request; how large its answer shall be."""
    with connection.makefile("rb", buffering=0) as source:
        return probe_messages.asked_bytes(frames.read(source))


def give_answer(connection, n_bytes):
    for piece in encode(probe_messages.answer(np.zeros(n_bytes, np.uint8))):
        connection.sendall(piece)


def test_a_place_that_goes_silent_is_no_slow_link(monkeypatch, bad_place):
    monkeypatch.setattr(probe_messages, "LONGEST_SILENCE_S", 0.3)
    answered = []

    def behave(connection):
        while len(answered) < 10:
            give_answer(connection, take_request(connection))
            answered.append(1)
        while connection.recv(4096):
            pass

    with pytest.raises(ProbeError, match=r"nothing was answered within 0\.3"):
        api.probe(LOOPBACK, bad_place(behave), deadline_s=PATIENT_S)


def test_a_message_that_is_still_on_its_way_is_no_silence(monkeypatch, bad_place):
    monkeypatch.setattr(probe_messages, "LONGEST_SILENCE_S", 0.2)
    monkeypatch.setattr(probe_messages, "TOLERANCE", probe_messages.Tolerance(silence_s=0.2))

    def behave(connection):
        time.sleep(0.6)
        give_answer(connection, take_request(connection))

    wire = ProbeWire(LOOPBACK, bad_place(behave), deadline_s=time.monotonic() + PATIENT_S)
    with closing(wire):
        assert wire.round_trip_s(10**6, 0) >= 0.6


@pytest.fixture
def throttled(server):
    """A way to the server that carries 20 kB/s each way; its port."""
    listener = listen()

    def carry(source, target):
        try:
            while data := source.recv(4096):
                time.sleep(len(data) / 20_000)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def run():
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection((LOOPBACK, server[0]))
            except OSError:
                return
            ways = [
                threading.Thread(target=carry, args=ends) for ends in ((near, far), (far, near))
            ]
            for way in ways:
                way.start()
            for way in ways:
                way.join()
            near.close()
            far.close()

    threading.Thread(target=run, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_a_place_that_trickles_is_told_as_a_link_too_slow_for_the_deadline(throttled):
    with pytest.raises(ProbeError, match=r"\d+ messages of up to .* allow more time"):
        api.probe(LOOPBACK, throttled, deadline_s=2.0)


def test_a_place_that_takes_no_connection_is_told_by_the_deadline():
    # Linux leaves connections unanswered when as many wait as may.
    with socket.create_server((LOOPBACK, 0), backlog=0) as listener, ExitStack() as waiting:
        port = listener.getsockname()[1]
        for _ in range(3):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex((LOOPBACK, port))
        with pytest.raises(ProbeError, match="no message was answered within"):
            api.probe(LOOPBACK, port, deadline_s=0.5)


def test_a_refusal_cannot_write_to_the_terminal(bad_place):
    def behave(connection):
        take_request(connection)
        for piece in encode(probe_messages.refusal("\x1b[2J" + 10**5 * "x")):
            connection.sendall(piece)

    with pytest.raises(ProbeError, match="same version") as caught:
        api.probe(LOOPBACK, bad_place(behave), deadline_s=PATIENT_S)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_what_a_client_sends_cannot_write_to_the_terminal(server):
    port, ends = server
    with connect(port, deadline_s=time.monotonic() + PATIENT_S) as client:
        client.send(Frame(meta={"probe": 1, "answer_bytes": "\x1b[2J\u202e" + 10**5 * "x"}))
        refused = client.receive(deadline_s=time.monotonic() + PATIENT_S).frame.meta["refused"]
    assert refused in ends[0]
    assert ends[0].isprintable()
    assert len(ends[0]) < 400


def test_a_client_that_trickles_is_given_up(monkeypatch, server):
    port, ends = server
    monkeypatch.setattr(probe_server, "LONGEST_REQUEST_S", 0.5)
    pieces = b"".join(map(bytes, encode(probe_messages.request(np.zeros(10**4, np.uint8), 0))))
    with socket.create_connection((LOOPBACK, port)) as client, suppress(ConnectionError):
        for place in range(len(pieces)):
            client.sendall(pieces[place : place + 1])
            if ends:
                break
            time.sleep(0.01)
    assert "given up" in ends[0]
    assert answers(port)


def test_a_client_that_cannot_be_accepted_does_not_end_the_server():
    class Full:
        def settimeout(self, seconds):
            pass

        def accept(self):
            raise OSError(24, "Too many open files")

        def fileno(self):
            return 7

    ends = []
    ProbeServer(Full(), ends.append).serve_one()
    assert "Too many open files" in ends[0]


def test_a_name_is_looked_up_within_the_deadline(monkeypatch):
    monkeypatch.setattr(probe_wire.socket, "getaddrinfo", lambda *a, **k: time.sleep(1) or [])
    with pytest.raises(ProbeError, match="no name server answers"):
        api.probe("far.example", 1, deadline_s=0.2)


def test_every_address_of_a_name_is_tried(monkeypatch, server):
    port, _ = server
    found = [(0, 0, 0, "", (address, port)) for address in ("127.0.0.2", LOOPBACK)]
    real = socket.getaddrinfo

    def look_up(host, *args, **options):
        return found if host == "two.example" else real(host, *args, **options)

    monkeypatch.setattr(probe_wire.socket, "getaddrinfo", look_up)
    with closing(ProbeWire("two.example", port, deadline_s=time.monotonic() + SHORT_S)) as wire:
        assert wire.round_trip_s(1, 1) > 0
        assert wire.fresh_round_trip_s(1, 1) > 0


def test_both_versions_of_ip_are_served():
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    try:
        listener = listen("::")
    except ConnectionLost as error:
        pytest.skip(f"this machine has no IPv6 address: {error}")
    with listener:
        threading.Thread(target=ProbeServer(listener).serve_one, daemon=True).start()
        assert answers(listener.getsockname()[1])


def test_a_server_that_does_not_start_is_told(monkeypatch):
    class Stuck(ThisMachine):
        def command(self, node, words):
            return ("sleep", "60")

    monkeypatch.setattr(probing, "_START_S", 0.2)
    monkeypatch.setattr(probing, "_GRACE_S", 0.1)
    with pytest.raises(PlannerError, match="'b' has not started within"):
        api.probe_between(Stuck(), "a", "b", deadline_s=SHORT_S)


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


@pytest.mark.parametrize("name", ["no-such-host.invalid", "server..local", "a" * 64 + ".local"])
def test_an_unknown_name_is_told(name):
    with pytest.raises(ProbeError, match="cannot find"):
        api.probe(name, 1, deadline_s=PATIENT_S)
