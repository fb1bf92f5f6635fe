"""Several values at once: labels of partial plans that none dominates."""
