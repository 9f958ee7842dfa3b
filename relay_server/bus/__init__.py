"""How the relay's parts hear of each other: `base` says what a bus does; `local` within a process, `nats` among several."""
