"""Qt models over the state: each row is a frozen line, each has a text for screen readers."""
