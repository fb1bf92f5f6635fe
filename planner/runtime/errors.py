"""Errors of the runtime.

RuntimeFault
├── FrameError              bytes that are not a frame, or not all of one
│   └── EndOfStream         nothing at all where a frame could begin
├── JobError                a job that does not say what to run
├── ConnectionLost          the other end is gone
│   └── ConnectionClosed    it left between two frames, as it should
└── DeadlineExceeded        the other end is there, but too slow
"""


class RuntimeFault(Exception):
    """Something between two processes, or between a process and its files, went wrong."""


class FrameError(RuntimeFault, ValueError):
    """Bytes that are not a frame, or not all of one."""


class EndOfStream(FrameError):
    """There is no further frame."""


class JobError(RuntimeFault, ValueError):
    """A job does not say what to run."""


class ConnectionLost(RuntimeFault, ConnectionError):
    """The other end of a connection is gone."""


class ConnectionClosed(ConnectionLost):
    """The other end closed the connection between two frames."""


class DeadlineExceeded(RuntimeFault, TimeoutError):
    """The other end did not send or take bytes in time."""
