"""Posts at centres, and the officers deployed to them."""
