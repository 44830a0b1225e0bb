"""What is owed for days worked, with its working."""
