"""What the taxpayer sees of the helper: the consent dialog, the border and the bar with its stop button."""
