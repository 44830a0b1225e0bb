"""Messages to and from telephones: an outbox, gateways behind one interface, budgets."""
