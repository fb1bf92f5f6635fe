"""Plotting: pure functions from records to a table and from a table to axes."""
