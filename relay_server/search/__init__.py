"""Full-text search over all that was said; the interface, and its one adapter."""
