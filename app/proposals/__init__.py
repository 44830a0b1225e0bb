"""Proposals: a sub-county's deployments found by the solver, reviewed, and published in one act."""
