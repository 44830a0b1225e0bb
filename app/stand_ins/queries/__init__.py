"""Reads of the board: the centres of a morning, their open places, who could come, who was asked."""
