"""The least period, and one value beside it: intervals of boundaries, and recurrences."""
