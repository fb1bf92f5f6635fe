"""Plans for models that branch: orders of the blocks, downsets, and bounds over all orders."""
