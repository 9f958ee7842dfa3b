"""The taxpayer's page in a real browser: against a scripted peer for single behaviours, and against the real relay."""
