"""Report: pure functions from records to one self-contained HTML page."""
