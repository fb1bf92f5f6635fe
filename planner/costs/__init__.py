"""Costs: the only place that prices. Solvers, baselines and reports ask here."""
