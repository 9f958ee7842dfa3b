"""Examples: a sample e-tax site that embeds the widget, and peers to test against."""
