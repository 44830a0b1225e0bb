"""How the house meets PostgreSQL: names, types, units of work, roles, the bundled server."""
