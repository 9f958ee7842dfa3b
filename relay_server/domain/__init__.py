"""What the relay decides: pure rules over messages and time, without loop, clock, socket or database."""
