"""Building the helper that taxpayers download."""
