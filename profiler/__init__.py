"""Profiler: what every block of one model costs on one device."""
