"""Stand-ins: who is missing where before a paper, who could come, and the offers made to them."""
