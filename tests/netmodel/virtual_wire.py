"""A wire in virtual time: what it takes is what a link model says, and a clock adds it up."""

import numpy as np


class VirtualWire:
    """Two link models, one each way, with the given relative noise and a clock of its own."""

    host = "virtual:1"

    def __init__(self, there, back, *, deadline_s=60.0, noise=0.0, late=0.0, seed=0):
        self._there, self._back = there, back
        self._deadline_s, self.now_s = deadline_s, 0.0
        self._noise, self._late = noise, late
        self._random = np.random.default_rng(seed)
        self.warm, self.fresh, self.connects = [], [], 0

    def left_s(self):
        return self._deadline_s - self.now_s

    def connect_s(self):
        self.connects += 1
        return self._passed(self._there.latency_s + self._back.latency_s)

    def round_trip_s(self, there_bytes, back_bytes):
        self.warm.append((there_bytes, back_bytes))
        there = self._there.transfer_s(np.array([there_bytes]))
        return self._passed(float(there[0] + self._back.transfer_s(np.array([back_bytes]))[0]))

    def fresh_round_trip_s(self, there_bytes, back_bytes):
        self.connect_s()
        self.fresh.append((there_bytes, back_bytes))
        there = self._there.cold_s(np.array([there_bytes]))
        return self._passed(float(there[0] + self._back.cold_s(np.array([back_bytes]))[0]))

    def _passed(self, seconds):
        seconds *= np.exp(self._noise * self._random.standard_normal())
        if self._random.random() < self._late:
            seconds += 10 * seconds
        if self.now_s + seconds > self._deadline_s:
            self.now_s = self._deadline_s
            raise TimeoutError("no more time is left")
        self.now_s += seconds
        return seconds
