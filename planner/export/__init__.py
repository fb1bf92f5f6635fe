"""Export: pure functions from records to texts that other programs open."""
