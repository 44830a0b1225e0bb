"""Counties, sub-counties, schools, examination centres and stores, and the offices' contacts."""
