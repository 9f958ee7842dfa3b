"""How the relay's parts hear of each other: `base` says what a bus does, `local` does it within one process."""
