"""The command line: the only place that assembles all rooms."""
