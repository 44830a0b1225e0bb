"""Officers, their identity numbers, and the columns an account adds to Flask-AppBuilder's user."""
