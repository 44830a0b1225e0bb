"""Papers for A4 in black and white, drawn from plain frozen values."""
