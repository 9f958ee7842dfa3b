"""How the relay's parts hear of each other: `base` says what a bus does, `local` does it in one process, `nats` among several."""
