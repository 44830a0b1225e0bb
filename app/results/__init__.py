"""Published results: what a release says, prepared once, and answered without Flask or database.

`grades` and `folding` are the words; `documents` makes of a candidate's result the one record that
page, JSON, SMS and slip are read from; `store` keeps a release's records sealed in a file; `edge`
answers from it; `control` says which release is open; `ledger` carries corrections,
and `follow` brings a node's stores up to them.
"""
