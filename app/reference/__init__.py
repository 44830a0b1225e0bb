"""Reference data: counties, centres, series, rules and rates, written with an event each."""
