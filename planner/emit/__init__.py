"""Emission: a plan and a captured model become stage files that run alone, always verified."""
