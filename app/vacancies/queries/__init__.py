"""Reads of vacancies: the rules as values, what is known of people, adverts, and applicants."""
