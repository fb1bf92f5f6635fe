"""Network model: machines, wires and what a transfer costs."""
