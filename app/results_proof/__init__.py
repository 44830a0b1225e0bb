"""The proof from outside: every candidate of a release file is asked for at the edge, as anybody asks.

It knows the file, the address and what the papers say of grades, and nothing of what prepared the
answers: `expected` reads the file, `asking` keeps connections, `answers` compares cell by cell,
`walking` asks for all of them in several processes, `program` is `make prove`.
"""
