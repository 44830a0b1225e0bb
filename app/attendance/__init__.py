"""The daily register of a centre: its states, marks with history, and the summaries kept with them."""
