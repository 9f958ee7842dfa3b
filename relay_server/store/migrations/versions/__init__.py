"""One module per step of the schema, in order. Never change one that was released; add the next."""
