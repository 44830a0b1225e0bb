"""What crosses features in one unit of work."""
