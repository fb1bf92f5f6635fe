import socket
import threading
import time

import numpy as np
import pytest

from planner.runtime import connection, frames
from planner.runtime.connection import Connection
from planner.runtime.errors import ConnectionClosed, ConnectionLost, DeadlineExceeded, FrameError
from planner.runtime.frames import Frame

LARGE = Frame({"x": np.zeros(2**24, np.uint8)})


@pytest.fixture
def pair():
    """Two connected ends on the loopback interface."""
    with connection.listen() as listener:
        near = connection.connect(listener.getsockname()[1])
        far = connection.accept(listener)
    with near, far:
        yield near, far


def send_in_background(sender, frame, **options):
    thread = threading.Thread(target=sender.send, args=(frame,), kwargs=options, daemon=True)
    thread.start()
    return thread


def test_frames_arrive_in_order(pair):
    near, far = pair
    for i in range(3):
        near.send(Frame({"x": np.full(4, i)}, {"i": i}))
    received = [far.receive(deadline_s=time.monotonic() + 5) for _ in range(3)]
    assert [r.frame.meta["i"] for r in received] == [0, 1, 2]
    assert [r.frame.tensors["x"][0] for r in received] == [0, 1, 2]


def test_a_frame_larger_than_the_socket_buffers_arrives(pair):
    near, far = pair
    thread = send_in_background(near, LARGE)
    received = far.receive(deadline_s=time.monotonic() + 10)
    thread.join(5)
    assert received.frame.payload_bytes == 2**24
    assert received.start_s <= received.end_s


def test_a_silent_sender_is_noticed_by_the_deadline(pair):
    start_s = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        pair[1].receive(deadline_s=start_s + 0.1)
    assert 0.1 <= time.monotonic() - start_s < 3


def test_a_listener_that_takes_no_connection_is_noticed_by_the_deadline():
    with socket.create_server((connection.LOOPBACK, 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        clients = [socket.socket() for _ in range(3)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex((connection.LOOPBACK, port))
        with pytest.raises(DeadlineExceeded, match="does not answer in time"):
            connection.connect(port, deadline_s=time.monotonic() + 0.2)
        for client in clients:
            client.close()


def test_a_receiver_that_takes_nothing_is_noticed_by_the_deadline(pair):
    with pytest.raises(DeadlineExceeded):
        pair[0].send(LARGE, deadline_s=time.monotonic() + 0.2)


def test_closing_between_frames_is_told_from_closing_within_one():
    for sent, expected in ((b"", ConnectionClosed), (b"PWF\x01\x20", ConnectionLost)):
        with connection.listen() as listener:
            raw = socket.create_connection(listener.getsockname())
            sock, _ = listener.accept()
        raw.sendall(sent)
        raw.close()
        with Connection(sock) as end, pytest.raises(expected) as caught:
            end.receive()
        assert isinstance(caught.value, ConnectionClosed) == (not sent)


def test_sending_to_an_end_that_is_gone_is_an_error(pair):
    near, far = pair
    far.close()
    with pytest.raises(ConnectionLost, match="sending failed"):
        near.send(LARGE, deadline_s=time.monotonic() + 10)


def test_bytes_that_are_no_frame_are_an_error(pair):
    near, far = pair
    near._sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(FrameError, match="not a frame"):
        far.receive(deadline_s=time.monotonic() + 5)


def test_nobody_listening_is_an_error():
    with connection.listen() as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectionLost, match="cannot connect"):
        connection.connect(port)


def test_nobody_connecting_is_noticed_by_the_deadline():
    with connection.listen() as listener, pytest.raises(DeadlineExceeded):
        connection.accept(listener, deadline_s=time.monotonic() + 0.05)


def test_a_wait_ends_when_the_watch_raises(pair):
    calls = []

    def watch():
        calls.append(None)
        if len(calls) == 3:
            raise InterruptedError

    end = Connection(pair[1]._sock, watch)
    start_s = time.monotonic()
    with pytest.raises(InterruptedError):
        end.receive(deadline_s=start_s + 60)
    assert time.monotonic() - start_s < 10


def test_shutting_down_ends_a_send_in_another_thread(pair):
    failed = threading.Event()

    def send():
        with pytest.raises(ConnectionLost):
            pair[0].send(LARGE)
        failed.set()

    threading.Thread(target=send, daemon=True).start()
    time.sleep(0.05)
    pair[0].shut_down()
    assert failed.wait(5)


def test_a_connection_carries_what_a_file_holds(pair, tmp_path):
    frames.save(tmp_path / "f", {"x": np.eye(3)})
    pair[0]._sock.sendall((tmp_path / "f").read_bytes())
    np.testing.assert_array_equal(pair[1].receive().frame.tensors["x"], np.eye(3))
