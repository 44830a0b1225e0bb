"""Tables of vacancies and applications."""
