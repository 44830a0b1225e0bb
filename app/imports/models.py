"""Tables of imports: a file, its rows, their faults."""
