"""The taxpayer's helper for remote assistance: it asks, shows and obeys only what was granted."""
