"""Command line: the only place that prints and that maps words to parts of the program."""
