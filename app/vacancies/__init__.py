"""How many posts a centre needs, from its candidates and the dated rules."""
